import Transport

extension SourceService {
  /// An answer, or nil where the server says 404: what is asked for is not there, or the server is older than it.
  func answer(
    _ path: String, query: [(String, String)] = [], missing: Set<Int> = [404]
  ) async throws -> HTTPResponse? {
    do {
      return try await client.get(path, query: query)
    } catch {
      guard let status = error.status, missing.contains(status) else { throw error }
      return nil
    }
  }

  /// The same of a request with a body, one that changes nothing.
  func answer(_ path: String, json: [UInt8]) async throws -> HTTPResponse? {
    do {
      return try await client.post(path, json: json)
    } catch {
      guard error.status == 404 else { throw error }
      return nil
    }
  }
}
