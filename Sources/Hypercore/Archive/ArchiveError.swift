/// Why an archive was refused, where in it, and which blocks that concerns.
public struct ArchiveError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// The bytes do not begin as an archive does.
        case notAnArchive
        /// A newer version of this library wrote the archive.
        case unsupportedVersion
        /// The archive ends before its end record. What it held up to there was imported.
        case truncated
        /// Something in the archive does not decode, or does not lead to the signed tree.
        case damaged
        /// The archive is of another core than the expected one.
        case wrongCore
        /// The manifest does not belong to the core, or the head is not signed by those whom it names.
        case notSigned
        /// The archive lacks the nodes that would show that the log here and the archived one are the same.
        case unconnected
        /// A file could not be read or written; the message says why.
        case file
    }

    /// The kind of failure.
    public let code: Code
    /// Where in the archive: the byte at which the part begins that was refused; `nil` where it is about none.
    public let offset: UInt64?
    /// Which blocks the refused part is about, where that is known.
    public let blocks: Range<UInt64>?
    /// What is wrong and what can be done.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, at offset: UInt64? = nil, blocks: Range<UInt64>? = nil, _ message: String) {
        self.code = code
        self.offset = offset
        self.blocks = blocks
        self.message = message
    }
}

extension ArchiveError: CustomStringConvertible {
    public var description: String {
        var place: [String] = []
        if let blocks { place.append("blocks \(blocks.lowerBound) to \(blocks.upperBound - 1)") }
        if let offset { place.append("byte \(offset) of the archive") }
        return place.isEmpty ? message : "\(message) (\(place.joined(separator: ", ")))"
    }
}
