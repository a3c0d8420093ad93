import Foundation
import Glibc
import TestSupport

/// A server that answers every POST with the same chat completion, as fast as one core can.
///
/// Kept connections of HTTP/1.1, no pipelining; a request is whole once its `Content-Length` of bytes is there.
enum Server {
  static func run(_ arguments: Arguments) throws {
    let text = #"{\"reason\":\"because it says so\",\"verdict\":\"yes\"}"#
    let body =
      #"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":"#
      + #"{"role":"assistant","content":"\#(text)"},"finish_reason":"stop"}],"#
      + #""usage":{"prompt_tokens":40,"completion_tokens":13,"total_tokens":53}}"#
    let answer = Array(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        .utf8)
    signal(SIGPIPE, SIG_IGN)
    // Not blocking: a connection that was given up before it is accepted would block everything.
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(arguments.whole("port", 0)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var one: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 1024) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { exit(1) }
    print("{\"port\":\(UInt16(bigEndian: address.sin_port))}")
    fflush(nil)

    var waiting = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    var open: [Int32: [UInt8]] = [:]
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while poll(&waiting, nfds_t(waiting.count), -1) >= 0 {
      for index in waiting.indices where waiting[index].revents != 0 {
        let descriptor = waiting[index].fd
        if descriptor == listener {
          let fresh = accept(listener, nil, nil)
          guard fresh >= 0 else { continue }
          setsockopt(fresh, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
          open[fresh] = []
          waiting.append(pollfd(fd: fresh, events: Int16(POLLIN), revents: 0))
          continue
        }
        let received = read(descriptor, &block, block.count)
        guard received > 0 else {
          close(descriptor)
          open[descriptor] = nil
          waiting[index].fd = -1
          continue
        }
        open[descriptor, default: []].append(contentsOf: block[..<received])
        guard isWhole(open[descriptor, default: []]) else { continue }
        open[descriptor]?.removeAll(keepingCapacity: true)
        _ = answer.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      }
      waiting.removeAll { $0.fd < 0 }
    }
  }

  private static let mark = Array("content-length:".utf8)

  /// Whether a head and its whole body are there.
  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      var length: Int?
      var lineStart = 0
      var place = 0
      while place + 1 < bytes.count {
        guard bytes[place] == 0x0D, bytes[place + 1] == 0x0A else {
          place += 1
          continue
        }
        if place == lineStart { return bytes.count >= place + 2 + (length ?? 0) }
        if place - lineStart > mark.count,
          zip(bytes[lineStart...], mark).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
        {
          var value = 0
          for byte in bytes[(lineStart + mark.count)..<place] where (48...57).contains(byte) {
            value = value * 10 + Int(byte - 48)
          }
          length = value
        }
        place += 2
        lineStart = place
      }
      return false
    }
  }
}
