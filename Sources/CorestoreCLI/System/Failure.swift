/// Why a command could not do what it was asked: its words go to standard error, and the exit status is 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
