import CorestoreNIO
import Testing

@Suite struct EndpointTests {
    @Test(arguments: [
        ("127.0.0.1:4000", "127.0.0.1", 4000), ("example.org:0", "example.org", 0), ("[::1]:65535", "::1", 65535),
    ])
    func isReadFromText(text: String, host: String, port: UInt16) throws {
        let endpoint = try #require(Endpoint(text))
        #expect(endpoint == Endpoint(host: host, port: port))
        #expect(endpoint.description == text)
    }

    @Test(arguments: [
        "", ":", "host", "host:", ":80", "host:65536", "host:-1", "host:x", "::1:80", "[]:80", "host: 80",
    ])
    func refusesWhatIsNoHostAndPort(text: String) {
        #expect(Endpoint(text) == nil)
    }
}
