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

    /// Reads PORT or HOST:PORT from the command line, to listen there; a port alone is one of this machine.
    init(listeningOn argument: String) throws {
        if let port = UInt16(argument) {
            self.init(host: Endpoint.anyLocalPort.host, port: port)
        } else if let endpoint = Endpoint(argument) {
            self = endpoint
        } else {
            throw ValidationError("\"\(argument)\" is no PORT or HOST:PORT, such as 4000 or 0.0.0.0:4000.")
        }
    }
}
