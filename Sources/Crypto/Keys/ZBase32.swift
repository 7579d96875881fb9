/// The human-oriented base-32 text form of bytes (Zooko's z-base-32).
enum ZBase32 {
    private static let alphabet = Array("ybndrfg8ejkmcpqxot1uwisza345h769".utf8)

    private static let values: [UInt8: UInt8] = Dictionary(
        uniqueKeysWithValues: alphabet.enumerated().map { ($1, UInt8($0)) })

    /// Writes `bytes`, five bits a character, the last character padded with zero bits.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var pending: UInt32 = 0
        var pendingBits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            pendingBits += 8
            while pendingBits >= 5 {
                pendingBits -= 5
                text.append(alphabet[Int(pending >> UInt32(pendingBits) & 31)])
            }
        }
        if pendingBits > 0 {
            text.append(alphabet[Int(pending << UInt32(5 - pendingBits) & 31)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads whole bytes and drops the padding bits; `nil` for a character outside the alphabet.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var pendingBits = 0
        for character in text.utf8 {
            guard let value = values[character] else { return nil }
            pending = pending << 5 | UInt32(value)
            pendingBits += 5
            if pendingBits >= 8 {
                pendingBits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(pendingBits)))
            }
        }
        return bytes
    }
}
