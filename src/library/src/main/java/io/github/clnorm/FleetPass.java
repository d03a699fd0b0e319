package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.fleet.EndOfSource;
import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.ShareSearch;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.stream.Affine;
import io.github.clnorm.internal.stream.BackwardTensors;
import io.github.clnorm.internal.stream.ForwardTensors;
import io.github.clnorm.internal.stream.HostValues;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** A request on the devices of a fleet: runs in pieces of whole samples, or in sections. The caller holds the fleet's lock. */
final class FleetPass {

    private final FleetState state;
    private final FleetRequest request;
    private final FleetAbilities abilities;
    private final FleetShares shares;

    FleetPass(FleetState state, FleetRequest request) {
        this.state = state;
        this.request = request;
        this.abilities = new FleetAbilities(state, request);
        this.shares = new FleetShares(state, request, abilities);
    }

    /** The shares of the devices. */
    FleetShares shares() {
        return shares;
    }

    /** Normalizes by the weights that the fleet has for the request. */
    FleetReport normalize(FleetTensors tensors) {
        if (request.samples() == 0) {
            return ofNothing().with(new RequestValues(request).tracked(null, null));
        }
        ShareSearch.Found found = shares.ofPass();
        return abilities.inSections() ? inSections(tensors, found) : inPieces(tensors, found);
    }

    /** The devices that work compute the samples of those that fail. */
    private FleetReport inPieces(FleetTensors tensors, ShareSearch.Found found) {
        FleetPieces.Outcome outcome = new FleetPieces(state, request, tensors, abilities).run(found, abilities.able());
        PieceRun.Outcome run = outcome.run();
        state.failed(run.failures());
        if (run.bytesRead() >= 0) {
            throw ended(
                    tensors.source().name(),
                    run.bytesRead(),
                    run.pieces() * outcome.pieces().perPiece());
        }
        return new PieceReport(state, request, found, outcome).report();
    }

    private FleetReport inSections(FleetTensors tensors, ShareSearch.Found found) {
        FleetSections sections = new FleetSections(request, state.backends(), found.weights());
        long start = System.nanoTime();
        try (SectionFiles files = new SectionFiles(request, sections.areOfOneDevice())) {
            TrackedStatistics tracked = sections.normalize(new ForwardTensors(
                    files.source(tensors.source()),
                    files.source(tensors.residual()),
                    files.target(tensors.target()),
                    files.target(tensors.sum())));
            files.finish();
            return report(sections, found, tensors, System.nanoTime() - start).with(tracked);
        } catch (EndOfSource e) {
            throw ended(e.tensor(), e.bytes(), 0);
        } finally {
            state.failed(sections.failures(state.devices().size()));
        }
    }

    private FleetReport report(
            FleetSections sections, ShareSearch.Found found, FleetTensors tensors, long nanoseconds) {
        List<DeviceInfo> devices = state.devices();
        ClException[] failures = sections.failures(devices.size());
        long[] elements = sections.elements(devices.size());
        // None if no gradient is wanted.
        boolean any = LongStream.of(elements).anyMatch(count -> count > 0);
        List<FleetReport.Device> reports = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            boolean hasNone = any && found.leftOut().get(i).isEmpty() && elements[i] == 0 && failures[i] == null;
            reports.add(new FleetReport.Device(
                    devices.get(i).description(),
                    found.weights()[i],
                    List.of(),
                    elements[i],
                    tensors.count() * elements[i] * request.type.bytes(),
                    elements[i] == 0 ? 0 : nanoseconds,
                    hasNone
                            ? "its share is less than one section"
                            : found.leftOut().get(i),
                    failures[i] == null ? "" : failures[i].getMessage()));
        }
        return new FleetReport(request.samples(), nanoseconds, reports, List.of(), state.notOpened());
    }

    private IllegalArgumentException ended(String tensor, long bytes, long samples) {
        return new IllegalArgumentException(ended(tensor, bytes) + ": " + Shapes.count(samples, "sample") + " of "
                + request.samples() + " were computed and written");
    }

    private String ended(String tensor, long bytes) {
        return "the " + tensor + " ended after " + bytes + " of " + request.samples() * request.sampleBytes()
                + " bytes of " + request;
    }

    /** The gradients, by the weights of forward passes. */
    FleetGradients gradients(FleetTensors tensors) {
        if (request.samples() == 0) {
            return zeros(tensors);
        }
        ShareSearch.Found found = shares.ofPass();
        FleetSections sections = new FleetSections(request, state.backends(), found.weights());
        long start = System.nanoTime();
        try (SectionFiles files = new SectionFiles(request, sections.areOfOneDevice())) {
            HostValues[] ofParameters = sections.gradients(
                    new BackwardTensors(
                            files.source(tensors.source()),
                            files.source(tensors.residual()),
                            files.source(tensors.gradOutput()),
                            files.target(tensors.target())),
                    tensors.ofWeight(),
                    tensors.ofBias());
            files.finish();
            return new FleetGradients(
                    HostValues.doubles(ofParameters[0]),
                    HostValues.doubles(ofParameters[1]),
                    report(sections, found, tensors, System.nanoTime() - start));
        } catch (EndOfSource e) {
            throw new IllegalArgumentException(ended(e.tensor(), e.bytes()), e);
        } finally {
            state.failed(sections.failures(state.devices().size()));
        }
    }

    /** The gradients of a tensor without samples. */
    private FleetGradients zeros(FleetTensors tensors) {
        int count = Math.toIntExact(Shapes.elements(request.parameterShape()));
        Affine affine = new RequestValues(request).affine();
        return new FleetGradients(
                tensors.ofWeight() && affine.weight() != null ? new double[count] : null,
                tensors.ofBias() && affine.bias() != null ? new double[count] : null,
                ofNothing());
    }

    private FleetReport ofNothing() {
        return PieceReport.ofNothing(
                state, request, shares.unmeasured(new double[state.devices().size()]));
    }
}
