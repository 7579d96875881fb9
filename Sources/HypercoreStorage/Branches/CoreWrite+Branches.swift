import StorageEngine

extension CoreWrite {
    /// The longest name of a branch, in bytes.
    public static let maximumBranchNameByteCount = RecordKey.longestBranchName

    /// Begins a change to branch `name` of `core`, which is refused with `.conflict` unless `head` is still the branch's
    /// stored one when its turn comes.
    public init(_ core: StoredCore, branch name: [UInt8], expecting head: HeadRecord) {
        self.init(core.number, WriteSet())
        expect(branch: name, head)
    }

    /// Begins a change that is refused with `.conflict` where `core` was purged meanwhile.
    public init(_ core: StoredCore) {
        self.init(core.number, WriteSet())
        edit { set, core in
            set.expectRecord(Schema.cores, RecordKey.record(core, .identity), .prefix([]))
        }
    }

    /// Refuses the write set unless `head` is the stored one of branch `name`; `nil` expects that there is none.
    public mutating func expect(branch name: [UInt8], _ head: HeadRecord?) {
        edit { set, core in
            set.expectRecord(
                Schema.cores, RecordKey.branch(core, name), head.map { .prefix($0.content) } ?? .absent)
        }
    }

    /// Stores the head of branch `name`, or removes it where it is `nil`.
    public mutating func put(branch name: [UInt8], head: HeadRecord?) {
        edit { set, core in
            let key = RecordKey.branch(core, name)
            if let head {
                set.put(Schema.cores, key, record: head.encoded())
            } else {
                set.removeRecord(Schema.cores, key)
            }
        }
    }

    /// Stores which generation is the next that nobody has used.
    public mutating func put(nextGeneration next: Generation) {
        edit { set, core in
            set.put(Schema.cores, RecordKey.record(core, .generations), number: next.value)
        }
    }
}
