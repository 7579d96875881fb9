extension FlatTree {
    /// The roots of the fewest whole subtrees that together hold exactly `blocks`, from left to right.
    ///
    /// This one list is behind every proof. For 0 ..< n it is the roots of a tree of n blocks; for a ..< b it is the
    /// nodes that lift a tree of a blocks to one of b. From 5 blocks, whose roots are 3 and 8, to 12 it is 10, 13 and
    /// 19:
    ///
    /// ```
    ///                7
    ///        ┌───────┴───────┐
    ///        3              11
    ///                    ┌───┴───┐
    ///                    9     [13]     [19]
    ///                  ┌─┴─┐
    ///                  8 [10]
    ///     blocks 0-3   4   5    6-7     8-11
    /// ```
    ///
    /// - Precondition: the range ends at or before ``maximumLength``; one that came from outside has been checked.
    @inlinable
    public static func subtrees(covering blocks: Range<UInt64>) -> Subtrees {
        Subtrees(blocks)
    }

    /// The indices of the roots of a tree of `length` blocks, from left to right (`flat-tree.json`: fullRoots).
    ///
    /// - Precondition: `length` is at most ``maximumLength``.
    @inlinable
    public static func roots(ofLength length: UInt64) -> Subtrees {
        Subtrees(0..<length)
    }

    /// The roots of the fewest whole subtrees that together hold a range of blocks; see
    /// ``FlatTree/subtrees(covering:)``.
    ///
    /// There are at most 104 of them: sizes rise to the largest, and fall from there.
    public struct Subtrees: Sequence, IteratorProtocol, Hashable, Sendable {
        @usableFromInline var blocks: Range<UInt64>

        @inlinable
        init(_ blocks: Range<UInt64>) {
            precondition(
                blocks.upperBound <= FlatTree.maximumLength,
                "blocks \(blocks) go past the longest tree, of \(FlatTree.maximumLength) blocks")
            self.blocks = blocks
        }

        /// Moves to the next subtree: the largest that begins here and ends within the range.
        @inlinable
        public mutating func next() -> UInt64? {
            let (start, end) = (blocks.lowerBound, blocks.upperBound)
            guard start < end else { return nil }
            let depthOfRemainder = 63 - (end - start).leadingZeroBitCount
            let depth = Swift.min(start.trailingZeroBitCount, depthOfRemainder)
            blocks = start + (1 << depth)..<end
            // The leftmost leaf of the subtree, with as many ones at its low end as it is deep.
            return start << 1 | ((1 << depth) - 1)
        }

        /// How many subtrees are left.
        @inlinable
        public var count: Int { reduce(into: 0) { count, _ in count += 1 } }
    }
}
