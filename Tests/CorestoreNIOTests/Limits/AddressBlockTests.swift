import Testing

@testable import CorestoreNIO

@Suite struct AddressBlockTests {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ])
    func takesForOne(first: String, second: String) throws {
        #expect(try #require(AddressBlock(first)) == #require(AddressBlock(second)))
    }

    @Test(arguments: [
        ("10.0.0.1", "10.0.0.2"), ("2001:db8:1:2::1", "2001:db8:1:3::1"), ("::ffff:10.0.0.1", "::ffff:10.0.0.2"),
        ("::1", "127.0.0.1"),
    ])
    func tellsApart(first: String, second: String) throws {
        #expect(try #require(AddressBlock(first)) != #require(AddressBlock(second)))
    }

    @Test(arguments: ["", "host", "1.2.3", "1.2.3.4.5", "::1%"]) func readsNothingElse(text: String) {
        #expect(AddressBlock(text) == nil)
    }
}
