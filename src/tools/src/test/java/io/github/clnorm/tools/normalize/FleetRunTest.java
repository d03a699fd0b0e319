package io.github.clnorm.tools.normalize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.Backend;
import io.github.clnorm.Fleet;
import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.internal.opencl.DevicePort;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.tensorfile.TestFiles;
import io.github.clnorm.testing.FaultyOpenCl;
import io.github.clnorm.testing.TestInfo;
import io.github.clnorm.testing.Values;
import io.github.clnorm.tools.testing.CommandLineFixture;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import picocli.CommandLine;

/** {@code clnorm run --device all}: the file of one device, the summary, and requests that take one device. */
@Tag("slow")
class FleetRunTest extends CommandLineFixture {

    // 4 MB: four pieces of 1 MiB.
    private static final long[] LARGE = {8, 4, 32_768};

    private final List<Backend> backends = new ArrayList<>();

    @AfterEach
    void close() {
        backends.forEach(Backend::close);
    }

    private Path large() {
        return file("large.npy", TestFiles.npy(LARGE, Values.normal(9, 8 * 4 * 32_768, 2, 1)));
    }

    private Path vector(String name, long seed, double mean) {
        return file(name + ".npy", TestFiles.npy(new long[] {4}, Values.normal(seed, 4, mean, 0.1)));
    }

    /** Two backends on one device, the second with another port. */
    private Fleet fleet(FaultyOpenCl... ports) {
        for (FaultyOpenCl port : ports) {
            DeviceInfo device = DeviceSelector.parse(null).select();
            backends.add(new Backend(new Session(port.port(), device)));
        }
        return Fleet.of(backends, Fleet.SameDevice.ALLOWED).weights(0.5, 0.5);
    }

    private static FaultyOpenCl port() {
        return new FaultyOpenCl(DevicePort.open(DeviceSelector.parse(null).select(), false));
    }

    private FleetRun fleetRun(long leastBytes, Object... arguments) {
        RunCommand command = parsed(new RunCommand(), arguments);
        RunCommand.Outputs outputs = new RunCommand.Outputs(output.toString(), null, null, null, null, null);
        return new FleetRun(command.request(), outputs, 1 << 20, leastBytes);
    }

    private static <T> T parsed(T command, Object... arguments) {
        new CommandLine(command)
                .parseArgs(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
        return command;
    }

    private static Object[] with(Object first, Object... rest) {
        List<Object> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(rest));
        return all.toArray();
    }

    @Test
    @Tag("device")
    void theFileIsThatOfOneDevice() throws IOException {
        Path weight = vector("weight", 1, 1);
        Path bias = vector("bias", 2, 0);
        Path mean = vector("mean", 3, 2);
        Path variance = vector("variance", 4, 1);
        for (Object[] request : List.<Object[]>of(
                new Object[] {"group_norm", "--num-groups=2", "--weight", weight, "--bias", bias, "--activation=silu"},
                new Object[] {"layer_norm", "--eps=0.5"},
                new Object[] {"instance_norm", "--weight", weight},
                new Object[] {"batch_norm", "--weight", weight},
                new Object[] {"batch_norm", "--eval", "--running-mean", mean, "--running-var", variance})) {
            Object[] arguments = with(request[0], Arrays.copyOfRange(request, 1, request.length));
            Object[] files = {"-i", large(), "-o", output};
            Object[] all = Stream.concat(Arrays.stream(arguments), Arrays.stream(files))
                    .toArray();
            done(execute(with("run", all)));
            byte[] expected = Files.readAllBytes(output);
            Files.write(output, OLD);
            FleetRun run = fleetRun(0, all);
            assertEquals("", run.whyOneDevice());
            FleetRun.Result result = run.on(() -> fleet(port(), port())).run();
            assertArrayEquals(expected, Files.readAllBytes(output), Arrays.toString(arguments));
            assertTrue(result.report().devices().get(1).elements() > 0);
            backends.forEach(Backend::close);
            backends.clear();
        }
    }

    @Test
    @Tag("device")
    void theSummarySaysWhoComputedWhatAndWhoFailed() throws IOException {
        FaultyOpenCl faulty = port();
        faulty.fail("enqueue", 1);
        FleetRun run = fleetRun(0, "group_norm", "--num-groups=2", "-i", large(), "-o", output);
        FleetRun.Result result = run.on(() -> fleet(port(), faulty)).run();
        StringWriter text = new StringWriter();
        RunCommand command = new RunCommand();
        new CommandLine(command)
                .parseArgs("group_norm", "--num-groups=2", "-i", large().toString(), "-o", output.toString());
        new FleetSummary(new PrintWriter(text, true), command.request())
                .print(result, Traffic.forward(command.request(), false), 5_000_000);
        for (String words : List.of(
                " of 2 devices",
                "failed: enqueue answered CL_OUT_OF_RESOURCES",
                "were computed by",
                "5 ms in all",
                "at most against float64",
                "mean before")) {
            assertTrue(text.toString().contains(words), words + " is not in:\n" + text);
        }
    }

    @Test
    @Tag("device")
    void ifAllDevicesFailTheOldFileStays() throws IOException {
        FaultyOpenCl one = port();
        FaultyOpenCl two = port();
        one.fail("enqueue", 1);
        two.fail("enqueue", 1);
        FleetRun run = fleetRun(0, "group_norm", "--num-groups=2", "-i", large(), "-o", output);
        assertThrows(ClException.class, () -> run.on(() -> fleet(one, two)).run());
        assertArrayEquals(OLD, Files.readAllBytes(output));
        try (var files = Files.list(outputs)) {
            assertEquals(1, files.count(), "no temporary file stays");
        }
    }

    /** Interrupts the test's thread in a call of the device, and stays in it until the pass ends. */
    private static void interruptIn(FaultyOpenCl port, String call, int n) {
        Thread caller = Thread.currentThread();
        port.before(call, n, () -> {
            caller.interrupt();
            while (Thread.currentThread() != caller) {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        });
    }

    private void assertOldFileStays(Executable pass) throws IOException {
        assertThrows(CancellationException.class, pass);
        assertTrue(Thread.interrupted(), "the thread stays interrupted");
        assertArrayEquals(OLD, Files.readAllBytes(output));
        try (var files = Files.list(outputs)) {
            assertEquals(1, files.count(), "no temporary file stays");
        }
    }

    @Test
    @Tag("device")
    void afterAnInterruptTheOldFileStays() throws IOException {
        for (String operation : List.of("layer_norm", "batch_norm")) {
            FaultyOpenCl second = port();
            FleetRun run = fleetRun(0, operation, "-i", large(), "-o", output);
            assertOldFileStays(() -> run.on(() -> {
                        Fleet fleet = fleet(port(), second);
                        interruptIn(second, "enqueue", 1);
                        return fleet;
                    })
                    .run());
            backends.forEach(Backend::close);
            backends.clear();
        }
        RunCommand command = new RunCommand();
        new CommandLine(command).parseArgs("batch_norm", "-i", large().toString(), "-o", output.toString(), "--quiet");
        DeviceInfo small = TestInfo.with(DeviceSelector.parse(null).select(), "maxBuffer", 100_000L);
        FaultyOpenCl port = port();
        interruptIn(port, "enqueue", 20);
        Run alone = command.run(command.request(), small).through(info -> port.port());
        assertOldFileStays(alone::run);
        assertTrue(port.count("enqueue") < 30, "the device stops");
    }

    @Test
    void requestsThatTakeOneDeviceSayWhy() {
        String files = large().toString();
        assertEquals(
                "the input is smaller than 64 MiB",
                fleetRun(64 << 20, "layer_norm", "-i", files, "-o", output).whyOneDevice());
        assertEquals("", fleetRun(0, "batch_norm", "-i", files, "-o", output).whyOneDevice());
        RunCommand.Outputs statistics = new RunCommand.Outputs(files, null, files, null, null, null);
        Request request = parsed(new RunCommand(), "layer_norm", "-i", files, "-o", output)
                .request();
        assertEquals("statistics are outputs of the request", new FleetRun(request, statistics, 0, 0).whyOneDevice());
    }

    @Test
    @Tag("device")
    void residualAndSumAreThoseOfOneDevice() throws IOException {
        Path sum = outputs.resolve("sum.npy");
        Path residual = file("residual.npy", TestFiles.npy(LARGE, Values.normal(10, 8 * 4 * 32_768, 1, 1)));
        for (String operation : List.of("layer_norm", "batch_norm")) {
            Object[] all = {operation, "-i", large(), "-o", output, "--residual", residual, "--sum-output", sum};
            done(execute(with("run", all)));
            byte[] expected = Files.readAllBytes(output);
            byte[] expectedSum = Files.readAllBytes(sum);
            Files.write(output, OLD);
            Files.write(sum, OLD);
            RunCommand command = parsed(new RunCommand(), all);
            RunCommand.Outputs files =
                    new RunCommand.Outputs(output.toString(), sum.toString(), null, null, null, null);
            FleetRun run = new FleetRun(command.request(), files, 1 << 20, 0);
            assertEquals("", run.whyOneDevice());
            FleetRun.Result result = run.on(() -> fleet(port(), port())).run();
            assertArrayEquals(expected, Files.readAllBytes(output), operation);
            assertArrayEquals(expectedSum, Files.readAllBytes(sum), operation);
            assertTrue(result.check().samples() > 0);
            assertTrue(
                    result.shares().contains("in sections, by the weights of:\nrms_norm of float32 [16, 65536]"),
                    result.shares());
            backends.forEach(Backend::close);
            backends.clear();
        }
    }

    @Test
    @Tag("device")
    void gradientsAreThoseOfOneDevice() throws IOException {
        Path weight = vector("weight", 1, 1);
        Path residual = file("residual.npy", TestFiles.npy(LARGE, Values.normal(10, 8 * 4 * 32_768, 1, 1)));
        Path dy = file("dy.npy", TestFiles.npy(LARGE, Values.normal(11, 8 * 4 * 32_768, 0, 1)));
        Path dWeight = outputs.resolve("dw.npy");
        Path dBias = outputs.resolve("db.npy");
        for (Object[] more : List.<Object[]>of(
                new Object[] {"batch_norm", "--weight", weight, "--grad-input", output, "--grad-bias", dBias},
                new Object[] {"group_norm", "--num-groups=2", "--grad-input", output, "--residual", residual},
                new Object[] {"layer_norm", "--grad-weight", dWeight, "--grad-bias", dBias})) {
            Object[] all = Stream.concat(Arrays.stream(more), Stream.of("-i", large(), "--grad-output", dy))
                    .toArray();
            done(execute(with("grad", all)));
            List<Path> written = Stream.of(output, dWeight, dBias)
                    .filter(file -> Arrays.asList(more).contains(file))
                    .toList();
            List<byte[]> expected = new ArrayList<>();
            for (Path file : written) {
                expected.add(Files.readAllBytes(file));
                Files.write(file, OLD);
            }
            GradCommand command = parsed(new GradCommand(), all);
            Request request = command.request();
            FleetGrad grad = new FleetGrad(
                    request,
                    command.gradOutput(request),
                    new GradCommand.Outputs(
                            name(written, output), name(written, dWeight), name(written, dBias), null, null),
                    1 << 20,
                    0);
            assertEquals("", grad.whyOneDevice());
            FleetGrad.Result result = grad.on(() -> fleet(port(), port())).run();
            for (int i = 0; i < written.size(); i++) {
                assertArrayEquals(expected.get(i), Files.readAllBytes(written.get(i)), Arrays.toString(all));
            }
            assertEquals(written.contains(output), result.check() != null);
            StringWriter text = new StringWriter();
            new FleetSummary(new PrintWriter(text, true), request).print(result, written.contains(output), 5_000_000);
            assertTrue(text.toString().contains("2 of 2 devices"), text.toString());
            assertEquals(written.contains(output), text.toString().contains("at most against float64"));
            backends.forEach(Backend::close);
            backends.clear();
        }
    }

    private static String name(List<Path> written, Path file) {
        return written.contains(file) ? file.toString() : null;
    }

    @Test
    @Tag("device")
    void gradOfASmallInputTakesOneDevice() {
        done(execute(
                "grad",
                "layer_norm",
                "-i",
                large(),
                "--grad-output",
                large(),
                "--grad-input",
                output,
                "--device",
                "all",
                "--explain"));
        assertTrue(err.contains("fleet   one device: the input is smaller than 64 MiB"), err);
    }

    @Test
    void sharesOfOneDeviceAreNotExplained() {
        assertEquals(2, run("--num-groups", 2, "--explain"));
        assertTrue(err.contains("expected --device all"), err);
    }

    @Test
    @Tag("device")
    void quietRunsExplainTheirShares() {
        done(run("--num-groups", 2, "--device", "all", "--explain", "--quiet"));
        assertEquals("one device: the input is smaller than 64 MiB", err.strip());
    }

    @Test
    @Tag("device")
    void allDevicesOfASmallInputAreTheBestOne() {
        done(run("--num-groups", 2, "--device", "all"));
        assertTrue(err.contains("fleet   one device: the input is smaller than 64 MiB"), err);
    }
}
