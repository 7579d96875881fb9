import Corestore
import FileServing
import Foundation
import Hypercore

/// `FileServer add STORE NAME FILE` keeps a file in an encrypted log; `FileServer serve STORE PORT NAME…` serves such logs.
///
/// The encryption key lies beside the store, in `STORE.key`, and is made by the first `add`.
@main
struct FileServerCommand {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "add" where arguments.count == 4:
            try await add(arguments[3], as: arguments[2], to: arguments[1])
        case "serve" where arguments.count > 3:
            guard let port = Int(arguments[2]) else { fallthrough }
            try await serve(Array(arguments[3...]), of: arguments[1], port: port)
        default:
            print("usage: FileServer add STORE NAME FILE\n       FileServer serve STORE PORT NAME…")
            exit(64)
        }
    }

    private static func add(_ file: String, as name: String, to path: String) async throws {
        let encryption = try EncryptionKeyFile(path + ".key").encryption(createIfMissing: true)
        let store = try await Corestore.open(at: path)
        let log = try await store.get(name: name, options: .encrypted(encryption))
        try await log.truncate(to: 0)
        let result = try await log.append(from: FilePieces(path: file))
        print("\(name): \(result.byteLength) bytes in \(result.length) blocks, key \(log.key)")
        try await store.close()
    }

    private static func serve(_ names: [String], of path: String, port: Int) async throws {
        let encryption = try EncryptionKeyFile(path + ".key").encryption(createIfMissing: false)
        let store = try await Corestore.open(at: path, options: CorestoreOptions(isWritable: false))
        var files: [String: Hypercore] = [:]
        for name in names {
            var options = SessionOptions.encrypted(encryption)
            options.createIfMissing = false
            files["/" + name] = try await store.get(name: name, options: options)
        }
        let server = FileServer(files: files) { event in
            // At once, which `print` does not where it writes to a file.
            FileHandle.standardOutput.write(Data("\(event)\n".utf8))
        }
        try await server.run(host: "127.0.0.1", port: port)
    }
}
