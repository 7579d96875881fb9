import CompactEncoding
import Crypto
import Foundation
import Hypercore

/// An encryption key in a file of its own, as 64 hexadecimal digits that only its owner can read.
struct EncryptionKeyFile {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// What logs are encrypted with.
    ///
    /// - Parameter createIfMissing: whether a key is made where there is no file.
    /// - Throws: ``EncryptionKeyFile/Failure`` where the file is missing or holds no key.
    func encryption(createIfMissing: Bool) throws -> BlockEncryption {
        if createIfMissing, !FileManager.default.fileExists(atPath: path) { try create() }
        guard let text = FileManager.default.contents(atPath: path),
            let key = Bytes32(hex: String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace })
        else { throw Failure(description: "\(path) holds no encryption key") }
        return .key(SecretBytes(copying: key.array))
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private func create() throws {
        var random = SystemRandomNumberGenerator()
        let digits = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }.hex
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data(digits.utf8), attributes: [.posixPermissions: 0o600])
        guard isMade else { throw Failure(description: "\(path) cannot be written") }
    }
}
