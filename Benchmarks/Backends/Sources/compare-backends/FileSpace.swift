#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The space that a store's files take.
enum FileSpace {
    /// The lengths of all files in `directory`, at any depth, once the store is closed.
    static func byteCount(in directory: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: directory).reduce(0) { sum, path in
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(path)")
            guard (attributes[.type] as? FileAttributeType) == .typeRegular else { return sum }
            return sum + ((attributes[.size] as? any BinaryInteger).map { Int($0) } ?? 0)
        }
    }
}
