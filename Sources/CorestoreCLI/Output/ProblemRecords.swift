// What `--json` prints on standard error. Names stay as they are; new ones may be added.

/// Something went otherwise than asked, and the command goes on, or ends in order.
struct WarningRecord: Encodable {
    let event = "warning"
    let message: String
    /// z-base-32; absent where it is about no single core.
    let key: String?
}

/// Why the command failed: its last words.
struct ErrorRecord: Encodable {
    let event = "error"
    let message: String
    /// The exit status.
    let status: Int32
}
