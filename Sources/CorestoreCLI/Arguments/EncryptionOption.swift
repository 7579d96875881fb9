import ArgumentParser
import CompactEncoding
import Crypto
import Hypercore

/// The key that blocks are encrypted with; an option of every command that reads blocks or appends them.
struct EncryptionOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Encrypt what is appended, and decrypt what is read, with this key: 64 hexadecimal digits, or @FILE for a \
            file that holds them. Other users of this machine see what stands on a command line, but not in a file.
            """,
            valueName: "hex|@file"))
    var encryptionKey: EncryptionKeyArgument?

    /// What the core is opened with; `nil` for one that is not encrypted.
    func encryption() throws -> BlockEncryption? {
        try encryptionKey.map { .key(try $0.read()) }
    }
}

/// An encryption key on the command line.
enum EncryptionKeyArgument: ExpressibleByArgument {
    case key(SecretBytes)
    /// The path of the file that holds it.
    case file(String)

    init?(argument: String) {
        if argument.hasPrefix("@"), argument.count > 1 {
            self = .file(String(argument.dropFirst()))
        } else if let secret = Self.secret(argument) {
            self = .key(secret)
        } else {
            return nil
        }
    }

    /// The key, read from its file where it is in one.
    func read() throws -> SecretBytes {
        switch self {
        case .key(let secret): return secret
        case .file(let path):
            let text = String(decoding: try Descriptor.open(path).read(upTo: 1024), as: UTF8.self)
            guard let secret = Self.secret(text.filter { !$0.isWhitespace }) else {
                throw Failure("\(path) holds no encryption key, which has 64 hexadecimal digits")
            }
            return secret
        }
    }

    private static func secret(_ digits: String) -> SecretBytes? {
        Bytes32(hex: digits).map { SecretBytes(copying: $0.array) }
    }
}
