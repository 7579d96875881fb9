import ArgumentParser

/// What stands between blocks that are written as they are.
enum BlockForm: EnumerableFlag {
    case raw
    case line

    static func help(for form: BlockForm) -> ArgumentHelp? {
        switch form {
        case .raw: "Write blocks one after the other, with nothing between them."
        case .line: "End each block with a newline."
        }
    }
}
