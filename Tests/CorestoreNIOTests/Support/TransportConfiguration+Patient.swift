import CorestoreNIO

extension TransportConfiguration {
    /// Cuts nobody off for being slow: among all tests, a task may have to wait for its turn longer than the defaults allow.
    static var patient: TransportConfiguration {
        var configuration = TransportConfiguration()
        configuration.handshakeTimeout = .seconds(3600)
        configuration.silenceTimeout = nil
        return configuration
    }
}
