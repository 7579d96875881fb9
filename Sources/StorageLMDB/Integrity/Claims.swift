/// Which of a row of numbered places are taken.
struct Claims {
    private var words: [UInt64]
    let count: Int

    init(count: Int) {
        self.count = count
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// Takes the places of `range`, and returns one that was taken already, if there is any.
    mutating func claim(_ range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) places")
        var place = range.lowerBound
        while place < range.upperBound {
            let end = min(range.upperBound, place / 64 * 64 + 64)
            let mask = (UInt64.max >> UInt64(64 - (end - place))) << UInt64(place % 64)
            let taken = words[place / 64] & mask
            guard taken == 0 else { return place / 64 * 64 + taken.trailingZeroBitCount }
            words[place / 64] |= mask
            place = end
        }
        return nil
    }

    /// How many places are taken.
    var claimedCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The first place from `start` on that is free.
    func firstUnclaimed(from start: Int) -> Int? {
        var place = start
        while place < count {
            let free = ~words[place / 64] >> UInt64(place % 64)
            if free != 0 {
                let found = place + free.trailingZeroBitCount
                return found < count ? found : nil
            }
            place = place / 64 * 64 + 64
        }
        return nil
    }
}
