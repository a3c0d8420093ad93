import CCurl
import Foundation
import Synchronization

/// Runs transfers on a thread of its own, which alone touches libcurl's multi handle and keeps its connections.
///
/// Callers leave transfers in an inbox, wake the thread and wait.
final class CurlLoop: @unchecked Sendable {  // other threads only wake `multi`
  private struct Inbox {
    var arriving: [Transfer] = []
    var cancelled: [Transfer] = []
    var isClosed = false
  }

  private let multi: UnsafeMutableRawPointer
  private let inbox = Mutex(Inbox())

  /// Starts the thread; it ends after ``close()``.
  init(name: String, maximumConnectionsPerHost: Int) {
    guard Curl.isReady, let multi = curl_multi_init() else { fatalError("libcurl does not start") }
    self.multi = multi
    ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, max(1, maximumConnectionsPerHost))
    Thread {
      Thread.current.name = name
      self.run()
    }.start()
  }

  /// Runs one transfer; cancelling the task that waits takes it off the wire.
  func perform(_ exchange: Exchange) async throws(TransportError) -> HTTPResponse {
    let transfer = Transfer(exchange)
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        transfer.attach(continuation)
        post { $0.arriving.append(transfer) }
      }
    } onCancel: {
      // It may come before the transfer arrives, which then finds the mark, or after it has ended.
      transfer.isCancelled.store(true, ordering: .releasing)
      post { $0.cancelled.append(transfer) }
    }
    return try outcome.get()
  }

  /// Ends the thread and with it the connections; no transfer is under way then, since each holds the client.
  func close() { post { $0.isClosed = true } }

  /// Wakes the thread under the lock, since the thread gives the handle back once it has seen `isClosed`.
  private func post(_ change: (inout Inbox) -> Void) {
    inbox.withLock { inbox in
      guard !inbox.isClosed else { return }
      change(&inbox)
      curl_multi_wakeup(multi)
    }
  }

  // MARK: On the thread

  private let sockets = SocketBook()

  private func run() {
    // A peer that closes while OpenSSL writes would end the process.
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, nil)

    var active: [UnsafeMutableRawPointer: Transfer] = [:]
    while takeInbox(&active) {
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      takeEnded(&active)
      // A wake-up that came since the inbox was read ends the wait at once.
      curl_multi_poll(multi, nil, 0, 10_000, nil)
    }
    curl_multi_cleanup(multi)
  }

  /// Starts what arrived and stops what was cancelled; false once the loop is closed.
  private func takeInbox(_ active: inout [UnsafeMutableRawPointer: Transfer]) -> Bool {
    let taken = inbox.withLock { inbox in
      let taken = inbox
      inbox.arriving = []
      inbox.cancelled = []
      return taken
    }
    for transfer in taken.arriving { start(transfer, &active) }
    for transfer in taken.cancelled where transfer.easy != nil {
      end(transfer, .failure(transfer.exchange.error(.cancelled)), &active)
    }
    return !taken.isClosed
  }

  private func start(_ transfer: Transfer, _ active: inout [UnsafeMutableRawPointer: Transfer]) {
    do throws(TransportError) {
      if transfer.isCancelled.load(ordering: .acquiring) { throw transfer.exchange.error(.cancelled) }
      let easy = try transfer.open()
      transfer.watch(sockets)
      let code = curl_multi_add_handle(multi, easy)
      guard code == CURLM_OK else {
        throw transfer.exchange.error(.protocolFault, String(cString: curl_multi_strerror(code)))
      }
      active[easy] = transfer
    } catch {
      transfer.close()
      transfer.finish(.failure(error))
    }
  }

  private func takeEnded(_ active: inout [UnsafeMutableRawPointer: Transfer]) {
    var easy: UnsafeMutableRawPointer?
    var code = CURLE_OK
    while ccurl_next_ended(multi, &easy, &code) {
      guard let easy, let transfer = active[easy] else { continue }
      if transfer.wasStale {
        curl_multi_remove_handle(multi, easy)
        transfer.freshen()
        if curl_multi_add_handle(multi, easy) == CURLM_OK { continue }
      } else if code == CURLE_OK {
        transfer.note()
      }
      end(transfer, transfer.outcome(code), &active)
    }
  }

  private func end(
    _ transfer: Transfer, _ outcome: Transfer.Outcome, _ active: inout [UnsafeMutableRawPointer: Transfer]
  ) {
    if let easy = transfer.easy {
      curl_multi_remove_handle(multi, easy)
      active[easy] = nil
    }
    transfer.close()
    transfer.finish(outcome)
  }
}
