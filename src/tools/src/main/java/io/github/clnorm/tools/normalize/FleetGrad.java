package io.github.clnorm.tools.normalize;

import io.github.clnorm.Fleet;
import io.github.clnorm.FleetGradients;
import io.github.clnorm.FleetTensors;
import io.github.clnorm.NormSpec;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.util.function.Supplier;

/** Runs a backward pass from files to files on all devices that pay. */
final class FleetGrad {

    private final Request request;
    private final TensorFile gradOutput;
    private final GradCommand.Outputs outputs;
    private final long mostChecked;
    private final long leastBytes;
    private Supplier<Fleet> opener;

    /**
     * The result, for the summary.
     *
     * @param gradients with what each device did
     * @param shares why each device has its share
     * @param check the first samples, compared with float64; null if none were compared
     */
    record Result(FleetGradients gradients, String shares, GradCheck check) {}

    FleetGrad(Request request, TensorFile gradOutput, GradCommand.Outputs outputs, long mostChecked, long leastBytes) {
        this.request = request;
        this.gradOutput = gradOutput;
        this.outputs = outputs;
        this.mostChecked = mostChecked;
        this.leastBytes = leastBytes;
        this.opener = () -> Fleet.open("all", request.tuning);
    }

    /** Runs on another fleet than that of all devices. */
    FleetGrad on(Supplier<Fleet> fleet) {
        opener = fleet;
        return this;
    }

    /** Why one device is used; empty if several can be. */
    String whyOneDevice() {
        return FleetChoice.whyOneDevice(request, false, leastBytes);
    }

    Result run() throws IOException {
        boolean ofWeight = outputs.weight() != null;
        boolean ofBias = outputs.bias() != null;
        ParameterValues parameters = request.parameters.read(ofWeight, ofBias);
        NormSpec spec = request.specWith(parameters);
        long checked = outputs.input() == null ? 0 : FleetChoice.compared(request, mostChecked);
        FirstElements x = FleetChoice.first(request, checked);
        FirstElements added = FleetChoice.first(request, checked);
        FirstElements dy = FleetChoice.first(request, checked);
        FirstElements dx = FleetChoice.first(request, checked);
        try (TensorOutput files = new TensorOutput()) {
            FleetGradients gradients;
            String shares;
            // Closed before any file is replaced: if a device fails here, the old files stay.
            try (Fleet fleet = opener.get();
                    Elements input = request.input.elements();
                    Elements residual = request.residual == null ? null : request.residual.elements();
                    Elements gradient = gradOutput.elements();
                    Sink result = outputs.input() == null
                            ? null
                            : files.create(outputs.input(), request.type, request.shape)) {
                FleetTensors tensors = FleetTensors.from(FileChannels.source(request, input, x))
                        .gradOutput(FileChannels.source(request, gradient, dy))
                        .wanted(ofWeight, ofBias);
                if (residual != null) {
                    tensors = tensors.residual(FileChannels.source(request, residual, added));
                }
                if (result != null) {
                    tensors = tensors.to(FileChannels.target(result, dx));
                }
                gradients = fleet.gradients(spec, request.type, tensors, request.shape);
                shares = Shapes.elements(request.shape) == 0
                        ? ""
                        : fleet.explain(spec, request.type, tensors, request.shape);
            }
            write(files, outputs.weight(), request.parameters.weightType(), gradients.weight());
            write(files, outputs.bias(), request.parameters.biasType(), gradients.bias());
            GradCheck check = checked == 0
                    ? null
                    : new GradCheck(request, parameters, checked, x.plus(added).values(), dy.values(), dx.values());
            if (check != null) {
                check.verify();
            }
            files.commit();
            return new Result(gradients, shares, check);
        }
    }

    private void write(TensorOutput files, String specification, ElementType type, double... values)
            throws IOException {
        if (specification != null) {
            files.write(specification, type, values, request.parameters.shape());
        }
    }
}
