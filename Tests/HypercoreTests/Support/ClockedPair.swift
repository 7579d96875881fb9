/// Two stores that are joined, under one time.
struct ClockedPair {
    let (writer, reader): (TestStore, TestStore)
    let link: ManualLink

    init() throws {
        let clock = ManualClock()
        (writer, reader) = (try TestStore(clock: { clock.now }), try TestStore(clock: { clock.now }))
        link = ManualLink(writer, reader, clock: clock)
    }
}
