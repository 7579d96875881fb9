/// Whether peers are told that this side wants blocks, which goes on for a while after it has stopped wanting any.
struct Idleness {
    /// Whether peers are told so.
    private(set) var isDownloading: Bool
    /// When they will be told that it does not; `nil` while it does, and where they were told already.
    private(set) var lingerEnd: Milliseconds?

    init(isDownloading: Bool) {
        self.isDownloading = isDownloading
    }

    /// Whether it wants blocks now, and does not only linger.
    var isWanting: Bool { isDownloading && lingerEnd == nil }

    /// Takes note of whether anything is wanted. Returns whether peers have to be told something else.
    ///
    /// - Parameters:
    ///   - isBusy: whether requests are under way, which it says it downloads for as long as they are.
    ///   - linger: how long to go on saying so, if that begins now.
    mutating func update(
        wants: Bool, isBusy: Bool, now: Milliseconds, linger: () -> Milliseconds
    ) -> Bool {
        let before = (isDownloading, isWanting)
        if wants {
            isDownloading = true
            lingerEnd = nil
        } else if isDownloading {
            let end = lingerEnd ?? now + linger()
            lingerEnd = end
            if end <= now, !isBusy {
                isDownloading = false
                lingerEnd = nil
            }
        }
        return before != (isDownloading, isWanting)
    }
}
