/// Something that must never be. The seed leads to it again.
public struct Violation: Error, CustomStringConvertible {
    public let seed: UInt64
    public let what: String

    public var description: String { "seed \(seed): \(what)" }
}
