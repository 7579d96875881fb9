import Testing

@testable import CorestoreNIO

@Suite struct OutboxTests {
    @Test func wakesTheEventLoopOnceForABurst() {
        var outbox = Outbox(highWaterMark: 100)
        let wakes = (1...3).map { outbox.write([UInt8($0)]) }
        #expect(wakes == [true, false, false])
        #expect(outbox.take().writes == [[1], [2], [3]])
        #expect(outbox.write([4]), "after the burst was taken, the event loop has to be woken again")
    }

    @Test func wakesNobodyWhileTheEventLoopIsAboutToLook() {
        var outbox = Outbox(highWaterMark: 100)
        outbox.expectTake()
        #expect(!outbox.write([1]))
        #expect(!outbox.wake())
        #expect(outbox.take().writes == [[1]])
    }

    @Test func countsWhatIsNotHandedOverYetAgainstTheWaterMark() {
        var outbox = Outbox(highWaterMark: 3)
        #expect(outbox.isWritable())
        _ = outbox.write([1, 2, 3])
        #expect(!outbox.isWritable())
    }

    @Test func tellsToGoOnOnlyWhoWasToldToPause() {
        var outbox = Outbox(highWaterMark: 100)
        #expect(!outbox.channelWritabilityChanged(to: false))
        #expect(!outbox.channelWritabilityChanged(to: true), "nobody asked in between")
        #expect(!outbox.channelWritabilityChanged(to: false))
        #expect(!outbox.isWritable())
        #expect(outbox.channelWritabilityChanged(to: true))
        #expect(!outbox.channelWritabilityChanged(to: true), "it was told already")
    }

    @Test func tellsNobodyToGoOnWhileTooMuchWaits() {
        var outbox = Outbox(highWaterMark: 1)
        _ = outbox.write([1])
        #expect(!outbox.isWritable())
        #expect(!outbox.channelWritabilityChanged(to: true))
        _ = outbox.take()
        #expect(outbox.channelWritabilityChanged(to: true))
    }

    @Test func sendsWhatWasWrittenBeforeClosingAndNothingAfter() {
        var outbox = Outbox(highWaterMark: 100)
        _ = outbox.write([1])
        #expect(!outbox.close(), "the event loop is on its way for the write")
        #expect(!outbox.write([2]))
        let work = outbox.take()
        #expect(work.writes == [[1]])
        #expect(work.closes)
    }

    @Test func doesNothingOnceTheSocketIsGone() {
        var outbox = Outbox(highWaterMark: 100)
        _ = outbox.write([1])
        outbox.channelClosed()
        #expect(!outbox.close())
        #expect(!outbox.write([2]))
        #expect(!outbox.wake())
        #expect(!outbox.isWritable())
        let work = outbox.take()
        #expect(work.writes.isEmpty && !work.closes)
    }
}
