import CompactEncoding
import Crypto
import TestSupport
import Testing

@Suite struct SecretTests {
    static let bytes = (0..<32).map { UInt8(truncatingIfNeeded: $0 * 7 + 0xa1) }

    /// Ways in which a value ends up in a log by mistake.
    private static func traces(of value: some Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var wrapped = ""
        dump([(label: "wrapped", value: Optional(value))], to: &wrapped)
        return [
            "\(value)", String(describing: value), String(reflecting: value), "\([value])", "\(Optional(value) as Any)",
            dumped, wrapped, Mirror(reflecting: value).children.map { "\($0)" }.joined(),
        ]
    }

    /// Every form in which the bytes could be recognised.
    private static func shows(_ bytes: [UInt8], in trace: String) -> Bool {
        let forms = [
            bytes.hex, bytes.hex.uppercased(), bytes.prefix(4).hex, bytes.map(String.init).joined(separator: ", "),
            bytes.prefix(3).map(String.init).joined(separator: ", "), "\(bytes[0])",
        ]
        return forms.contains { trace.contains($0) }
    }

    @Test func secretBytesNeverShow() {
        for trace in Self.traces(of: SecretBytes(copying: Self.bytes)) {
            #expect(!Self.shows(Self.bytes, in: trace), "\(trace)")
        }
        #expect("\(SecretBytes(copying: Self.bytes))" == "SecretBytes(32 bytes)")
    }

    @Test func guardedBytesNeverShow() throws {
        let secret = try GuardedBytes(count: 32) { $0.copyBytes(from: Self.bytes) }
        for trace in Self.traces(of: secret) {
            #expect(!Self.shows(Self.bytes, in: trace), "\(trace)")
        }
        #expect("\(secret)" == "GuardedBytes(32 bytes)")
    }

    @Test func keyPairShowsItsPublicKeyAlone() {
        let keyPair = KeyPair(seed: SecretBytes(copying: Self.bytes))
        for trace in Self.traces(of: keyPair) {
            #expect(!trace.contains(Self.bytes.hex) && !trace.contains(Self.bytes.prefix(4).hex), "\(trace)")
        }
        #expect("\(keyPair)" == "KeyPair(\(keyPair.publicKey))")
    }

    @Test func secretBytesHoldWhatTheyWereGiven() {
        for count in [0, 1, 32, 64, 1000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 + 1) }
            let secret = SecretBytes(copying: bytes)
            #expect(secret.count == count)
            #expect(secret.withUnsafeBytes { Array($0) } == bytes)
            #expect(secret == SecretBytes(count: count) { $0.copyBytes(from: bytes) })
            #expect(SecretBytes(count: count) { _ in }.withUnsafeBytes { $0.allSatisfy { $0 == 0 } })
        }
    }

    @Test func secretBytesAreEqualOnlyInEveryByte() {
        let secret = SecretBytes(copying: Self.bytes)
        #expect(secret == SecretBytes(copying: Self.bytes))
        #expect(secret != SecretBytes(copying: Array(Self.bytes.dropLast())))
        for position in Self.bytes.indices {
            var altered = Self.bytes
            altered[position] ^= 0x80
            #expect(secret != SecretBytes(copying: altered))
        }
    }

    @Test func randomSecretsDiffer() {
        #expect(SecretBytes(randomCount: 32) != SecretBytes(randomCount: 32))
        #expect(Randomness.bytes(count: 32) != Randomness.bytes(count: 32))
        #expect(Randomness.bytes(count: 0).isEmpty)
    }

    @Test func guardedBytesAreReadableInsideAndFromManyThreadsAtOnce() async throws {
        let secret = try GuardedBytes(count: 32) { $0.copyBytes(from: Self.bytes) }
        let reads = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<200).filter { _ in
                        secret.withUnsafeBytes { outer in
                            secret.withUnsafeBytes { inner in Array(inner) } == Array(outer)
                                && Array(outer) == Self.bytes
                        }
                    }.count
                }
            }
            return await group.reduce(0, +)
        }
        #expect(reads == 1600)
        #expect(secret.withUnsafeBytes { Array($0) } == Self.bytes)
    }

    @Test func guardedBytesAreReadableAgainAfterAFailure() throws {
        struct Failure: Error {}
        let secret = try GuardedBytes(count: 32) { $0.copyBytes(from: Self.bytes) }
        #expect(throws: Failure.self) { try secret.withUnsafeBytes { _ in throw Failure() } }
        #expect(secret.withUnsafeBytes { Array($0) } == Self.bytes)
    }
}
