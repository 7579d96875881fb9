/// Who may change the environment that an engine has open: one writer, or one who keeps house (closes, suspends,
/// resumes, compacts).
///
/// Writers give precedence. They write again and again, so somebody who waited for a moment without one would hardly get
/// in.
struct WritingRight {
    private var isWriting = false
    private var isKeepingHouse = false
    /// How many wait to keep house.
    private var waitingCount = 0
    /// Whether the one who keeps house has let writers in again.
    private var isHousePassable = false

    /// Whether the caller may write now.
    mutating func beginWriting() -> Bool {
        precondition(!isWriting, "two threads write to one store at once")
        guard waitingCount == 0, !isKeepingHouse || isHousePassable else { return false }
        isWriting = true
        return true
    }

    mutating func endWriting() {
        isWriting = false
    }

    /// Comes before ``beginHousekeeping()``, once.
    mutating func requestHousekeeping() {
        waitingCount += 1
    }

    /// Whether the caller may keep house now; otherwise it asks again.
    mutating func beginHousekeeping() -> Bool {
        guard !isWriting, !isKeepingHouse else { return false }
        waitingCount -= 1
        isKeepingHouse = true
        return true
    }

    /// What is left to do does not disturb writers.
    mutating func letWritersIn() {
        isHousePassable = true
    }

    mutating func endHousekeeping() {
        isKeepingHouse = false
        isHousePassable = false
    }
}
