public import CompactEncoding

extension Hypercore {
    /// The topic of the group that the log belongs to in this store; `nil` where it belongs to none.
    public var group: Bytes32? { core.groupTopic }

    /// Puts the log into the group of `topic`, for good; it stays in it when it is opened again. What is in its group
    /// already stays as it is.
    ///
    /// The logs of a group are listed by when they last changed, without looking at any other. It is a matter of this
    /// store alone, and peers hear nothing of it.
    ///
    /// ```swift
    /// try await log.setGroup(topic)
    /// try await log.append(message)
    /// ```
    ///
    /// - Throws: `.otherGroup` where the log belongs to another group; `.notWritable` in a read-only store; `.closed`,
    ///   `.storage`.
    public func setGroup(_ topic: Bytes32) async throws {
        try requireLive()
        try await core.join(topic)
    }
}
