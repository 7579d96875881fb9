public import CompactEncoding
import Crypto
public import Foundation

/// The golden vectors: in `Fixtures/`, or in the directory that the environment variable `COREST_VECTORS` names.
public enum Vectors {
    /// The directory that the vectors are read from.
    public static let directory: URL =
        ProcessInfo.processInfo.environment["COREST_VECTORS"].map { URL(filePath: $0, directoryHint: .isDirectory) }
        ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures", directoryHint: .isDirectory)

    /// Decodes `NAME.json`.
    public static func load<Document: Decodable>(_ name: String, as type: Document.Type = Document.self) throws
        -> Document
    {
        let data = try Data(contentsOf: directory.appending(path: "\(name).json"))
        return try JSONDecoder().decode(type, from: data)
    }

    /// The label of this set of vectors, which goes into every block of its cores.
    public static let label: String = {
        struct Labelled: Decodable { let label: String }
        do {
            return try load("crypto", as: Labelled.self).label
        } catch {
            preconditionFailure("no vectors in \(directory.path): \(error)")
        }
    }()

    /// Block `index` of a recorded core: the hash of "label/block/index", repeated and cut to `size` bytes.
    public static func block(_ index: UInt64, size: Int) -> [UInt8] {
        let seed = BLAKE2b.hash(Array("\(label)/block/\(index)".utf8)).array
        return (0..<size).map { seed[$0 % seed.count] }
    }
}

/// Bytes that a vector file holds as hexadecimal digits.
public struct Hex: Decodable, Hashable, Sendable {
    /// The bytes.
    public let bytes: [UInt8]

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = [UInt8](hex: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(text.prefix(40)) is not hexadecimal"))
        }
        self.bytes = bytes
    }

    /// The bytes as a hash or key; a test that asks for it knows that they are thirty-two.
    public var bytes32: Bytes32 {
        guard let value = Bytes32(bytes) else { preconditionFailure("\(bytes.count) bytes are not 32") }
        return value
    }

    /// The bytes as a signature; a test that asks for it knows that they are sixty-four.
    public var bytes64: Bytes64 {
        guard let value = Bytes64(bytes) else { preconditionFailure("\(bytes.count) bytes are not 64") }
        return value
    }
}
