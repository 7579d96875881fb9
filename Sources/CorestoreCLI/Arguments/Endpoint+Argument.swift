import ArgumentParser
import CorestoreNIO

extension Endpoint {
    /// Reads HOST:PORT from the command line.
    init(argument: String) throws {
        guard let endpoint = Endpoint(argument), endpoint.port > 0 else {
            throw ValidationError("\"\(argument)\" is no HOST:PORT, such as 127.0.0.1:4000 or [::1]:4000.")
        }
        self = endpoint
    }
}
