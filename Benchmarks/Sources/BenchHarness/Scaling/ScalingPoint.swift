#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What one operation costs in a store of some size.
public struct ScalingPoint: Codable, Sendable, Equatable {
    /// What is done.
    public enum Operation: String, Codable, CaseIterable, Sendable {
        /// Appending to a random core, 100 blocks at a time: cost of a block.
        case append
        /// Reading a random block of a random core.
        case get
        /// Opening a random core by its name, and closing it.
        case open
        /// Downloading everything into an empty store over a pipe in memory: cost of a block.
        case replicate
    }

    /// What is done.
    public var operation: Operation
    /// Blocks in the store, all cores together.
    public var blockCount: Int
    /// Cores that they are in, as many in each.
    public var coreCount: Int
    /// The cost in microseconds: the median of several series, but for ``Operation/replicate``, which happens once.
    public var microseconds: Double
    /// Levels of LMDB's tree of blocks.
    public var depth: Int

    /// Puts a point together.
    public init(operation: Operation, blockCount: Int, coreCount: Int, microseconds: Double, depth: Int) {
        self.operation = operation
        self.blockCount = blockCount
        self.coreCount = coreCount
        self.microseconds = microseconds
        self.depth = depth
    }

    /// The point as a line of JSON.
    public var jsonLine: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Reads lines of JSON; empty ones are passed over.
    public static func read(lines text: String) throws -> [ScalingPoint] {
        try text.split(whereSeparator: \.isNewline).map { line in
            try JSONDecoder().decode(ScalingPoint.self, from: Data(line.utf8))
        }
    }
}
