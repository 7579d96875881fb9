import CorestoreNIO
import Crypto

/// What somebody needs to join a room: where it is, and its key. Give it to those alone who may read and write there.
struct Invitation: CustomStringConvertible {
    let endpoint: Endpoint
    let room: CoreKey

    init(endpoint: Endpoint, room: CoreKey) {
        self.endpoint = endpoint
        self.room = room
    }

    /// Reads `HOST:PORT/KEY`.
    init?(_ text: String) {
        guard let slash = text.lastIndex(of: "/"), let endpoint = Endpoint(text[..<slash]),
            let room = try? CoreKey(text: text[text.index(after: slash)...])
        else { return nil }
        self.init(endpoint: endpoint, room: room)
    }

    var description: String { "\(endpoint)/\(room)" }
}
