import ArgumentParser
import CompactEncoding
import Crypto

/// `corestore keygen`: makes keys.
struct KeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key: a pair to sign with, or one to encrypt with.",
        discussion: """
            Prints a new, random Ed25519 key pair: the public key is for everybody, the secret key for nobody else. \
            Cores that are made by name need none; their keys come from the store.

            EXAMPLES
              corestore keygen
              (umask 077; corestore keygen --encryption > log.key)
              corestore append --name log --encryption-key @log.key diary.txt
            """
    )

    @Flag(help: "Make a key for --encryption-key instead.")
    var encryption = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func run() async throws {
        let console = Console(json: json)
        if encryption {
            let key = SecretBytes(randomCount: Bytes32.byteCount).hex
            return try console.print(key, or: EncryptionKeyRecord(encryptionKey: key))
        }
        let pair = KeyPair()
        let record = KeyPairRecord(publicKey: pair.publicKey.bytes.hex, secretKey: pair.secretKey.hex)
        if json { return try console.print(json: record) }
        try console.print(table: [("public key", record.publicKey), ("secret key", record.secretKey)])
    }
}

extension SecretBytes {
    /// The secret as hexadecimal digits, to be shown to its owner.
    fileprivate var hex: String {
        withUnsafeBytes { $0.hex }
    }
}
