import CorestoreNIO

extension Endpoint {
    /// Any free port of an address that only one test listens at, so that no other takes a port that it has given up.
    ///
    /// - Parameter number: which address, from 2 on. On Linux, every address of 127.0.0.0/8 is this machine; elsewhere
    ///   there is just one more than `anyLocalPort`.
    static func ownPort(_ number: UInt8) -> Endpoint {
        #if os(Linux)
        Endpoint(host: "127.0.0.\(number)", port: 0)
        #else
        Endpoint(host: "::1", port: 0)
        #endif
    }
}
