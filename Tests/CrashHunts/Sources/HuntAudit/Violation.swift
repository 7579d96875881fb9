/// Something that must never be true of a store, and is.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// Which promise is broken; the README explains each.
    public enum Invariant: String, Sendable, CaseIterable {
        /// The store opens.
        case opens
        /// What is stored verifies: blocks, nodes, roots, signatures.
        case sound
        /// What was acknowledged is there.
        case acknowledged
        /// An append of several blocks is there whole or not at all.
        case whole
        /// Nothing is there twice, or out of order.
        case once
        /// What a peer was told is part of the history that is stored.
        case told
        /// The store can be written to again, and is sound afterwards.
        case goesOn
        /// An operation reported what became of it.
        case reported
    }

    public let invariant: Invariant
    public let detail: String

    public init(_ invariant: Invariant, _ detail: String) {
        self.invariant = invariant
        self.detail = detail
    }

    public var description: String { "\(invariant.rawValue): \(detail)" }
}
