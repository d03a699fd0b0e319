package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.fleet.ChannelFile;
import io.github.clnorm.internal.fleet.ChannelSource;
import io.github.clnorm.internal.fleet.ChannelTarget;
import io.github.clnorm.internal.fleet.EndOfSource;
import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.fleet.ShareKey;
import io.github.clnorm.internal.fleet.ShareSearch;
import io.github.clnorm.internal.fleet.Weights;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import io.github.clnorm.type.Codec;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A request on the devices of a fleet: chooses weights, or measures them, and runs. The caller holds the fleet's lock. */
final class FleetPass {

    /** How often each time is taken by {@link Fleet#calibrate}. */
    static final int THOROUGH = 7;

    // By the first pass of an operation and size.
    private static final int QUICK = 3;
    private static final long MEASURED_BYTES = 64 << 20;
    private static final long QUICK_BYTES = 16 << 20;
    // Staging of pieces between a channel and the devices.
    private static final long STAGED_BYTES = 256L << 20;
    private static final int MEASURED_VALUES = 1 << 12;

    private final Fleet fleet;
    private final FleetRequest request;
    private final List<Backend> backends;
    private final List<DeviceInfo> devices;
    // Why devices cannot do the work; empty if they can.
    private final List<String> problems = new ArrayList<>();
    // Whether samples are not computed whole.
    private final boolean inSections;

    private Buffer source;
    private ReadableByteChannel sourceChannel;
    private Buffer target;
    private WritableByteChannel targetChannel;

    FleetPass(Fleet fleet, FleetRequest request) {
        this.fleet = fleet;
        this.request = request;
        this.backends = fleet.backends();
        this.devices = backends.stream().map(Backend::device).toList();
        for (int i = 0; i < devices.size(); i++) {
            ClException failure = fleet.failure(i);
            problems.add(
                    failure != null
                            ? "it failed before: " + failure.getMessage()
                            : request.problemOfType(devices.get(i)));
        }
        if (IntStream.range(0, devices.size()).allMatch(i -> fleet.failure(i) != null)) {
            throw fleet.allFailed();
        }
        checkAble();
        // Large samples too: the devices share each of them, and staging stays small.
        inSections = !request.samplesAreIndependent()
                || request.sampleBytes() > MEASURED_BYTES
                || IntStream.range(0, devices.size())
                        .filter(i -> problems.get(i).isEmpty())
                        .noneMatch(i -> request.problemOfSize(devices.get(i)).isEmpty());
        for (int i = 0; i < devices.size() && !inSections; i++) {
            problems.set(i, problems.get(i).isEmpty() ? request.problemOfSize(devices.get(i)) : problems.get(i));
        }
    }

    private void checkAble() {
        if (problems.stream().noneMatch(String::isEmpty)) {
            throw new IllegalArgumentException("no device of the fleet can compute " + request + ": "
                    + String.join(
                            "; ",
                            IntStream.range(0, devices.size())
                                    .mapToObj(i -> devices.get(i).description() + ": " + problems.get(i))
                                    .toList()));
        }
    }

    /** From a buffer that was checked. */
    FleetPass from(Buffer buffer) {
        source = buffer;
        return this;
    }

    /** From a channel. */
    FleetPass from(ReadableByteChannel channel) {
        sourceChannel = channel;
        return this;
    }

    /** To a buffer that was checked. */
    FleetPass to(Buffer buffer) {
        target = buffer;
        return this;
    }

    /** To a channel. */
    FleetPass to(WritableByteChannel channel) {
        targetChannel = channel;
        return this;
    }

    /** Normalizes by the weights that the fleet has for the request. */
    FleetReport run() {
        if (request.samples() == 0) {
            ShareSearch.Found none = given(new double[devices.size()]);
            return report(none, new SamplePieces(1, 1), null, 0);
        }
        ShareSearch.Found shares = isMeasuredByRows() ? adapted(ofRows().shares()) : shares();
        fleet.latest(shares.weights());
        return inSections ? runInSections(shares) : run(shares);
    }

    /** Whether the weights are those of rows: for sections, and for samples that are larger than what is measured. */
    private boolean isMeasuredByRows() {
        return inSections;
    }

    /** The pass whose weights such a pass uses. */
    private FleetPass ofRows() {
        return new FleetPass(fleet, request.rows());
    }

    /** Runs in sections, which are read twice and in any order: a channel that is no file goes through a temporary one. */
    private FleetReport runInSections(ShareSearch.Found shares) {
        long bytes = request.samples() * request.sampleBytes();
        FleetSections sections = new FleetSections(request, backends, shares.weights());
        long start = System.nanoTime();
        TensorSource known = source != null
                ? FleetBuffers.source(request, source).asSource()
                : sourceChannel instanceof TensorSource own ? own : null;
        // One device writes in order.
        TensorTarget ordered = target != null
                ? FleetBuffers.target(request, target).asTarget()
                : sections.areOfOneDevice() ? new ChannelTarget(targetChannel, request.type.bytes()) : null;
        try (ChannelFile from = known != null ? null : ChannelFile.of(sourceChannel, bytes, request.type.bytes());
                ChannelFile to = ordered != null ? null : ChannelFile.of(targetChannel, bytes, request.type.bytes())) {
            sections.run(known != null ? known : from, ordered != null ? ordered : to);
            if (to != null) {
                to.finish(targetChannel, bytes);
            }
        } catch (EndOfSource e) {
            throw ended(e.bytes(), 0);
        }
        long nanoseconds = System.nanoTime() - start;
        ClException[] failures = sections.failures(devices.size());
        note(failures);
        List<FleetReport.Device> reports = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            long elements = sections.elements(devices.size())[i];
            reports.add(new FleetReport.Device(
                    devices.get(i).description(),
                    shares.weights()[i],
                    List.of(),
                    elements,
                    2 * elements * request.type.bytes(),
                    elements == 0 ? 0 : nanoseconds,
                    shares.leftOut().get(i),
                    failures[i] == null ? "" : failures[i].getMessage()));
        }
        return new FleetReport(request.samples(), nanoseconds, reports, List.of(), fleet.notOpened());
    }

    private IllegalArgumentException ended(long bytes, long samples) {
        return new IllegalArgumentException("the source ended after " + bytes + " of "
                + request.samples() * request.sampleBytes() + " bytes of " + request + ": "
                + Shapes.count(samples, "sample") + " of " + request.samples() + " were computed and written");
    }

    /** The gradients, by the weights of forward passes. */
    FleetGradients gradients(TensorSource input, TensorSource gradOutput, TensorTarget gradInput) {
        ShareSearch.Found shares = shares();
        fleet.latest(shares.weights());
        FleetSections sections = new FleetSections(request, backends, shares.weights());
        try {
            return sections.gradients(input, gradOutput, gradInput);
        } finally {
            note(sections.failures(devices.size()));
        }
    }

    private void note(ClException... failures) {
        for (int i = 0; i < failures.length; i++) {
            if (failures[i] != null) {
                fleet.failed(i, failures[i]);
            }
        }
    }

    private ShareSearch.Found shares() {
        if (fleet.given() != null) {
            return given(Weights.among(fleet.given(), able()));
        }
        return stored().orElseGet(() -> single().orElseGet(() -> measure(QUICK).found()));
    }

    private boolean[] able() {
        boolean[] able = new boolean[problems.size()];
        for (int i = 0; i < able.length; i++) {
            able[i] = problems.get(i).isEmpty();
        }
        return able;
    }

    /** Weights that were not measured. */
    private ShareSearch.Found given(double... weights) {
        double[] unknown = new double[weights.length];
        Arrays.fill(unknown, Double.NaN);
        return new ShareSearch.Found(weights, unknown, Double.NaN, problems);
    }

    /** All samples for the one device that can compute them; empty if there are several. */
    private Optional<ShareSearch.Found> single() {
        boolean[] able = able();
        long count = IntStream.range(0, able.length).filter(i -> able[i]).count();
        return count == 1 ? Optional.of(given(Weights.among(new double[able.length], able))) : Optional.empty();
    }

    /** Weights of an earlier measurement, without the devices that cannot do the work now. */
    private Optional<ShareSearch.Found> stored() {
        return fleet.store().get(key()).filter(this::fits).map(this::adapted);
    }

    /** A result without the devices that cannot do the work of this pass. */
    private ShareSearch.Found adapted(ShareSearch.Found found) {
        List<String> reasons = new ArrayList<>();
        for (int i = 0; i < problems.size(); i++) {
            reasons.add(problems.get(i).isEmpty() ? found.leftOut().get(i) : problems.get(i));
        }
        return new ShareSearch.Found(Weights.among(found.weights(), able()), found.alone(), found.together(), reasons);
    }

    /** Whether a stored result gives some of the devices that work a share. */
    private boolean fits(ShareSearch.Found found) {
        boolean[] able = able();
        return IntStream.range(0, able.length).anyMatch(i -> able[i] && found.weights()[i] > 0);
    }

    private ShareKey key() {
        return request.key(devices);
    }

    String explain() {
        if (request.samples() == 0) {
            return request + ": no samples\n";
        }
        if (isMeasuredByRows()) {
            return request + (inSections ? ", in sections" : "") + ", by the weights of:\n" + ofRows().explain();
        }
        if (fleet.given() != null) {
            return text(given(Weights.among(fleet.given(), able())), "weights that were set");
        }
        return stored().map(found -> weights(found).explain())
                .or(() -> single().map(found -> text(found, "one device")))
                .orElse(request + ": not measured yet; the first pass does\n");
    }

    private String text(ShareSearch.Found found, String why) {
        StringBuilder text = new StringBuilder(request + ", by " + why + ":\n");
        for (int i = 0; i < devices.size(); i++) {
            text.append(devices.get(i).description())
                    .append(": ")
                    .append(problems.get(i).isEmpty() ? "weight " + found.weights()[i] : "left out: " + problems.get(i))
                    .append('\n');
        }
        return text.toString();
    }

    private FleetWeights weights(ShareSearch.Found found) {
        return new FleetWeights(
                request.toString(),
                devices.stream().map(DeviceInfo::description).toList(),
                found);
    }

    /** Measures weights on samples of the request's shape, and stores them. */
    FleetWeights measure(int rounds) {
        if (isMeasuredByRows() && request.samples() > 0) {
            return ofRows().measure(rounds);
        }
        if (request.samples() == 0) {
            throw new IllegalArgumentException(
                    "a tensor of shape " + Shapes.text(request.shape) + " has no samples to measure");
        }
        long some = Math.max(
                1,
                Math.min(request.samples(), (rounds == QUICK ? QUICK_BYTES : MEASURED_BYTES) / request.sampleBytes()));
        FleetRequest measured = request.of(some);
        ByteBuffer input = memory(some);
        fill(input);
        ByteBuffer output = memory(some);
        ClException[] failures = new ClException[devices.size()];
        ShareSearch.Found found = ShareSearch.search(problems, rounds, weights -> {
            FleetPass trial = new FleetPass(fleet, measured).from(input).to(output);
            return trial.run(trial.given(weights), failures).nanoseconds();
        });
        boolean isWhole = problems.stream().allMatch(String::isEmpty);
        for (int i = 0; i < failures.length; i++) {
            if (failures[i] != null) {
                isWhole = false;
                fleet.failed(i, failures[i]);
            }
        }
        if (isWhole) {
            fleet.store().put(key(), found);
        }
        return weights(found);
    }

    private ByteBuffer memory(long samples) {
        return ByteBuffer.allocateDirect(Math.toIntExact(samples * request.sampleBytes()))
                .order(ByteOrder.nativeOrder());
    }

    /** Values of about the size of a network's. */
    private void fill(ByteBuffer input) {
        float[] values = new float[MEASURED_VALUES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        int bytes = values.length * request.type.bytes();
        for (int at = 0; at < input.capacity(); at += bytes) {
            int size = Math.min(bytes, input.capacity() - at);
            Codec.encode(request.type, values, 0, input.slice(at, size).order(ByteOrder.nativeOrder()));
        }
    }

    /** Runs, for its time alone. Throws the failure of any device. */
    private FleetReport run(ShareSearch.Found shares, ClException[] failures) {
        Outcome result = outcome(shares, new boolean[devices.size()]);
        for (int i = 0; i < failures.length; i++) {
            failures[i] = failures[i] == null ? result.run.failures()[i] : failures[i];
        }
        for (ClException failure : result.run.failures()) {
            if (failure != null) {
                throw failure;
            }
        }
        return report(shares, result.pieces, result.run, result.nanoseconds);
    }

    /** Runs; the devices that work compute the samples of those that fail. */
    private FleetReport run(ShareSearch.Found shares) {
        Outcome result = outcome(shares, able());
        PieceRun.Outcome run = result.run;
        for (int i = 0; i < devices.size(); i++) {
            if (run.failures()[i] != null) {
                fleet.failed(i, run.failures()[i]);
            }
        }
        if (run.bytesRead() >= 0) {
            throw ended(run.bytesRead(), run.pieces() * result.pieces.perPiece());
        }
        return report(shares, result.pieces, run, result.nanoseconds);
    }

    /** What became of the pieces, in which time. */
    private record Outcome(SamplePieces pieces, PieceRun.Outcome run, long nanoseconds) {}

    private Outcome outcome(ShareSearch.Found shares, boolean... reserve) {
        boolean[] able = able();
        SamplePieces pieces = request.pieces(
                smallest(shares.weights()),
                fleet.leastPiece(),
                IntStream.range(0, able.length)
                        .filter(i -> able[i])
                        .mapToObj(devices::get)
                        .toList());
        int[] owners = Weights.owners(pieces.count(), shares.weights());
        int window = window(pieces, shares.weights());
        FleetWork.Operand from = source != null
                ? FleetBuffers.parts(request, pieces, source)
                : fleet.sources().slots(request, pieces, window);
        FleetWork.Operand to = target != null
                ? FleetBuffers.parts(request, pieces, target)
                : fleet.targets().slots(request, pieces, window);
        PieceRun.Step reader = source != null
                ? null
                : FleetBuffers.reader(request, pieces, new ChannelSource(sourceChannel, request.type.bytes()), from);
        PieceRun.Step writer = target != null
                ? null
                : FleetBuffers.writer(request, pieces, new ChannelTarget(targetChannel, request.type.bytes()), to);
        FleetWork work = new FleetWork(request, pieces, fleet.parameters(request), from, to, target == null);
        long start = System.nanoTime();
        PieceRun.Outcome run = new PieceRun(owners, reserve, work, reader, writer, window).run();
        return new Outcome(pieces, run, System.nanoTime() - start);
    }

    private static double smallest(double... weights) {
        return Arrays.stream(weights).filter(weight -> weight > 0).min().orElseThrow();
    }

    /** Enough pieces for the fastest device to have work while the slowest computes one, as far as memory allows. */
    private int window(SamplePieces pieces, double... weights) {
        if (source != null && target != null) {
            return pieces.count();
        }
        long shares = Arrays.stream(weights).filter(weight -> weight > 0).count();
        long wanted = (long) Math.ceil(PieceRun.IN_FLIGHT / smallest(weights)) + 2;
        long bytes = pieces.perPiece() * request.sampleBytes() * (source == null && target == null ? 2 : 1);
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("one sample of " + request + " takes " + request.sampleBytes()
                    + " bytes: samples from and to channels take 1 GiB at most");
        }
        long most = Math.min(STAGED_BYTES, Runtime.getRuntime().maxMemory() / 4) / bytes;
        long least = Math.min(pieces.count(), shares + 1);
        return (int) Math.min(pieces.count(), Math.max(least, Math.min(wanted, most)));
    }

    private FleetReport report(
            ShareSearch.Found shares, SamplePieces pieces, PieceRun.Outcome outcome, long nanoseconds) {
        List<FleetReport.Device> reports = new ArrayList<>();
        List<FleetReport.Recomputed> recomputed = new ArrayList<>();
        int count = outcome == null ? 0 : outcome.pieces();
        for (int i = 0; i < devices.size(); i++) {
            int device = i;
            List<FleetReport.Range> ranges = ranges(pieces, count, piece -> outcome.by()[piece] == device);
            long samples = ranges.stream().mapToLong(FleetReport.Range::count).sum();
            ClException failure = outcome == null ? null : outcome.failures()[i];
            String leftOut = !shares.leftOut().get(i).isEmpty()
                    ? shares.leftOut().get(i)
                    : count > 0 && IntStream.of(outcome.owners()).noneMatch(owner -> owner == device)
                            ? "its share is less than one of " + Shapes.count(count, "piece")
                            : "";
            reports.add(new FleetReport.Device(
                    devices.get(i).description(),
                    shares.weights()[i],
                    List.copyOf(ranges),
                    samples * request.sampleBytes() / request.type.bytes(),
                    2 * samples * request.sampleBytes(),
                    samples == 0 ? 0 : outcome.nanoseconds()[i],
                    leftOut,
                    failure == null ? "" : failure.getMessage()));
            for (int other = 0; other < devices.size(); other++) {
                int by = other;
                if (by != device) {
                    ranges(pieces, count, piece -> outcome.owners()[piece] == device && outcome.by()[piece] == by)
                            .forEach(range -> recomputed.add(new FleetReport.Recomputed(range, device, by)));
                }
            }
        }
        Collections.sort(
                recomputed,
                (one, other) -> Long.compare(one.range().from(), other.range().from()));
        return new FleetReport(request.samples(), nanoseconds, reports, recomputed, fleet.notOpened());
    }

    private interface PieceTest {
        boolean holds(int piece);
    }

    /** The samples of some pieces; pieces that follow each other are one range. */
    private static List<FleetReport.Range> ranges(SamplePieces pieces, int count, PieceTest test) {
        List<FleetReport.Range> ranges = new ArrayList<>();
        for (int piece = 0; piece < count; piece++) {
            if (!test.holds(piece)) {
                continue;
            }
            long from = pieces.first(piece);
            long to = from + pieces.size(piece);
            int last = ranges.size() - 1;
            if (last >= 0 && ranges.get(last).to() == from) {
                ranges.set(last, new FleetReport.Range(ranges.get(last).from(), to));
            } else {
                ranges.add(new FleetReport.Range(from, to));
            }
        }
        return ranges;
    }
}
