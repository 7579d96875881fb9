import Testing

@testable import CorestoreNIO

@Suite struct OutboxTests {
    @Test func wakesTheEventLoopOnceForABurst() {
        var outbox = Outbox(highWaterMark: 100)
        let wakes = (1...3).map { outbox.write([UInt8($0)]) }
        let work = outbox.take()
        let wakesAgain = outbox.write([4])
        #expect(wakes == [true, false, false])
        #expect(work.writes == [[1], [2], [3]])
        #expect(wakesAgain, "after the burst was taken, the event loop has to be woken again")
    }

    @Test func wakesNobodyWhileTheEventLoopIsAboutToLook() {
        var outbox = Outbox(highWaterMark: 100)
        outbox.expectTake()
        let wakes = [outbox.write([1]), outbox.wake()]
        let work = outbox.take()
        #expect(wakes == [false, false])
        #expect(work.writes == [[1]])
    }

    @Test func countsWhatIsNotHandedOverYetAgainstTheWaterMark() {
        var outbox = Outbox(highWaterMark: 3)
        let before = outbox.isWritable()
        _ = outbox.write([1, 2, 3])
        let after = outbox.isWritable()
        #expect(before && !after)
    }

    @Test func tellsToGoOnOnlyWhoWasToldToPause() {
        var outbox = Outbox(highWaterMark: 100)
        let unasked = [false, true].map { outbox.channelWritabilityChanged(to: $0) }
        _ = outbox.channelWritabilityChanged(to: false)
        let isWritable = outbox.isWritable()
        let asked = [true, true].map { outbox.channelWritabilityChanged(to: $0) }
        #expect(unasked == [false, false], "nobody asked in between")
        #expect(!isWritable)
        #expect(asked == [true, false], "it is told once")
    }

    @Test func tellsNobodyToGoOnWhileTooMuchWaits() {
        var outbox = Outbox(highWaterMark: 1)
        _ = outbox.write([1])
        _ = outbox.isWritable()
        let whileItWaits = outbox.channelWritabilityChanged(to: true)
        _ = outbox.take()
        let afterwards = outbox.channelWritabilityChanged(to: true)
        #expect(!whileItWaits)
        #expect(afterwards)
    }

    @Test func sendsWhatWasWrittenBeforeClosingAndNothingAfter() {
        var outbox = Outbox(highWaterMark: 100)
        _ = outbox.write([1])
        let wakes = [outbox.close(), outbox.write([2])]
        let work = outbox.take()
        #expect(wakes == [false, false], "the event loop is on its way for the first write")
        #expect(work.writes == [[1]])
        #expect(work.closes)
    }

    @Test func doesNothingOnceTheSocketIsGone() {
        var outbox = Outbox(highWaterMark: 100)
        _ = outbox.write([1])
        outbox.channelClosed()
        let wakes = [outbox.close(), outbox.write([2]), outbox.wake()]
        let isWritable = outbox.isWritable()
        let work = outbox.take()
        #expect(wakes == [false, false, false])
        #expect(!isWritable)
        #expect(work.writes.isEmpty && !work.closes)
    }
}
