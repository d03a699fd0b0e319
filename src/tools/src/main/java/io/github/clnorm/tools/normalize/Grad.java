package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.opencl.JoclOpenCl;
import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.tensorfile.TensorFile;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.tools.terminal.CommandClock;
import java.io.IOException;
import java.util.function.Function;

/**
 * Runs a backward pass from files to files. The device first runs the forward pass for its statistics. A tensor that
 * exceeds the device's largest buffer, or its memory, is processed a few samples at a time. A sample that does, or a batch with
 * statistics of its own, goes through the device in pieces.
 *
 * <p>Gradients of parameters are sums over all samples. The sums of the blocks of all parts are merged at the end, so a division
 * into parts changes no bit.
 */
final class Grad {

    private final Request request;
    private final TensorFile gradOutput;
    private final GradCommand.Outputs outputs;
    private final DeviceInfo device;
    private final long mostChecked;
    private Function<DeviceInfo, OpenCl> opener = info -> JoclOpenCl.openBriefly(info, true);

    /**
     * The result, for the summary.
     *
     * @param plan of the backward pass of the first part; null for an empty tensor, which needs none
     * @param timing of the launches of the backward pass
     * @param problem of the first part; null for an empty tensor
     * @param check the first samples, compared with float64; null if none were compared
     */
    record Result(Plan plan, Timing timing, BackwardProblem problem, GradCheck check) {}

    Grad(Request request, TensorFile gradOutput, GradCommand.Outputs outputs, DeviceInfo device, long mostChecked) {
        this.request = request;
        this.gradOutput = gradOutput;
        this.outputs = outputs;
        this.device = device;
        this.mostChecked = mostChecked;
    }

    Result run() throws IOException {
        int tensors = 2 + (request.residual != null ? 1 : 0);
        Parts parts = outputs.sums()
                ? Parts.few(request, device, tensors, request.samplesStandAlone())
                : new Parts(request, device, tensors, request.samplesStandAlone());
        parts.requireWholeSamples();
        if (request.isModulated() && outputs.sums() && parts.count() > 1) {
            throw new IllegalArgumentException(request.input + ": the device takes the samples in " + parts.count()
                    + " parts, and gradients of the weight and the bias with --scale or --shift take all samples at"
                    + " once; expected a device with more memory, or neither --grad-weight nor --grad-bias");
        }
        ParameterValues parameters = request.parameters.read(outputs.weight() != null, outputs.bias() != null);
        try (TensorOutput files = new TensorOutput()) {
            BackwardParts results;
            // Closed before any file is replaced: if the device fails here, the old files stay.
            try (Backend backend = CommandClock.open(opener.apply(device), device, request.tuning)) {
                results = new BackwardParts(request, gradOutput, outputs, mostChecked, backend, parameters);
                results.run(parts, files);
            }
            results.write(files);
            GradCheck check = check(parameters, results.checked());
            if (check != null) {
                check.verify();
            }
            files.commit();
            return new Result(results.plan(), results.timing(), results.problem(), check);
        }
    }

    private GradCheck check(ParameterValues parameters, BackwardParts.Checked checked) {
        return checked == null || checked.dx() == null
                ? null
                : new GradCheck(request, parameters, checked.samples(), checked.x(), checked.dy(), checked.dx());
    }

    /** Runs with another OpenCL port than JOCL's. */
    Grad through(Function<DeviceInfo, OpenCl> port) {
        opener = port;
        return this;
    }
}
