/// The messages of channel 0, by their types (PROTOCOL §6).
enum Control: UInt64 {
    case batch = 0
    case open = 1
    case reject = 2
    case close = 3
}
