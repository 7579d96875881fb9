import StorageEngine
import Zstandard

/// Why there is no value in what is stored under a key.
enum UnreadableValue: Error {
    /// The tag is none that this version knows; `nil` where there is not even a tag.
    case unknownForm(UInt8?)
    case badFrame(CompressionError)

    /// What whoever reads the value is told.
    func error(_ table: Table, key: RawSpan, path: String) -> StorageError {
        let place = "the value under key \(key.hexadecimal) of table \(table.name) in \(path)"
        switch self {
        case .badFrame(let cause) where cause.code == .outOfMemory:
            return StorageError(.inputOutput, "\(place) cannot be decompressed: \(cause.message)")
        case .badFrame(let cause):
            return StorageError(
                .corrupt,
                "\(place) is damaged: \(cause.message); restore the store from a copy, or replicate it from peers")
        case .unknownForm(let tag):
            return StorageError(
                .corrupt, "\(place) is stored in an unknown form (\(tag.map(String.init) ?? "empty")); it is damaged")
        }
    }
}

extension RawSpan {
    /// Two lower-case digits a byte.
    fileprivate var hexadecimal: String {
        withUnsafeBytes { bytes in
            bytes.reduce(into: "") { text, byte in
                if byte < 0x10 { text += "0" }
                text += String(byte, radix: 16)
            }
        }
    }
}
