extension RawSpan {
    /// Whether these bytes come before `other` in bytewise order; a prefix comes before what it begins.
    func precedes(_ other: RawSpan) -> Bool {
        withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                for index in 0..<Swift.min(left.count, right.count) where left[index] != right[index] {
                    return left[index] < right[index]
                }
                return left.count < right.count
            }
        }
    }

    /// Whether these bytes begin with `prefix`.
    func starts(with prefix: RawSpan) -> Bool {
        guard prefix.byteCount <= byteCount else { return false }
        return withUnsafeBytes { bytes in
            prefix.withUnsafeBytes { prefix in
                prefix.indices.allSatisfy { bytes[$0] == prefix[$0] }
            }
        }
    }
}
