package io.github.clnorm.tools.cluster;

import io.github.clnorm.device.DeviceAddresses;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Measures the devices of this machine for a run over a cluster: each card once, and one at a time, whichever processes
 * are asked and how often. What was measured is kept in a folder of the machine until a later run, so that a process which
 * is asked again has it too.
 *
 * <p>A driver may end its process. The next process that is asked finds the device that was measured then, blames its
 * driver, and measures the devices of other platforms.
 */
public final class MachineBench {

    private static final String LISTING = "listing";
    private static final String STARTED = ".started";
    private static final String CRASHED = ".crashed";
    private static final String DONE = ".json";
    private static final long KEPT_MILLISECONDS = 86_400_000;

    private final Path folder;
    private final String machine;
    private final String run;
    private final DeviceSelector selector;
    private final DeviceMeasure measure;
    private final BooleanSupplier stop;

    /**
     * Prepares measuring.
     *
     * @param machine the name of this machine
     * @param run tells this run from all others
     * @param selector of devices; {@code any} measures all
     * @param measure measures a device
     * @param stop whether to stop early
     */
    public MachineBench(String machine, String run, String selector, DeviceMeasure measure, BooleanSupplier stop) {
        this(MachineFolder.ofThisMachine(), machine, run, selector, measure, stop);
    }

    MachineBench(
            Path folder, String machine, String run, String selector, DeviceMeasure measure, BooleanSupplier stop) {
        this.folder = folder;
        this.machine = fileName(machine);
        this.run = fileName(run);
        this.selector = DeviceSelector.parse(selector);
        this.measure = measure;
        this.stop = stop;
    }

    /**
     * Measures what no process of this machine has measured in this run, and blocks while another one does.
     *
     * @return the devices that this process sees
     * @throws NoDeviceException if it sees none, or a driver ended a process that listed them
     * @throws IOException if the folder cannot be used, or it was stopped
     */
    public List<MeasuredDevice> run() throws IOException {
        try (MachineFolder locked = MachineFolder.lock(folder, machine, stop)) {
            sweep(locked.path());
            Path own = Files.createDirectories(locked.path().resolve(run).resolve(machine));
            List<MeasuredDevice> measured = new ArrayList<>();
            for (Map.Entry<String, DeviceInfo> device : devices(own).entrySet()) {
                measured.add(measured(own, device.getKey(), device.getValue()));
            }
            return measured;
        }
    }

    private Map<String, DeviceInfo> devices(Path own) throws IOException {
        Path listing = own.resolve(LISTING);
        if (Files.exists(listing)) {
            throw new NoDeviceException("a process ended while it listed the OpenCL devices: a driver may have crashed."
                    + " clnorm doctor on this machine names it");
        }
        Files.createFile(listing);
        try {
            List<DeviceInfo> matching = selector.matching(Devices.of(Devices.platforms()));
            return DeviceAddresses.of(matching.isEmpty() ? List.of(selector.select()) : matching)
                    .devices();
        } finally {
            Files.delete(listing);
        }
    }

    private MeasuredDevice measured(Path own, String address, DeviceInfo device) throws IOException {
        Path done = own.resolve(fileName(address) + DONE);
        if (Files.exists(done)) {
            return new MeasuredDevice(address, device.name(), Files.readString(done), "");
        }
        Optional<String> blame = blame(own, address, device);
        if (blame.isPresent()) {
            return new MeasuredDevice(address, device.name(), SuiteMeasure.without(device, blame.get()), blame.get());
        }
        Path started = own.resolve(fileName(address) + STARTED);
        Files.writeString(started, device.selector());
        String json;
        try {
            json = measure.json(device, stop);
        } finally {
            Files.delete(started);
        }
        if (stop.getAsBoolean()) {
            throw new IOException("stopped while " + device.name() + " was measured");
        }
        Files.writeString(done, json);
        return new MeasuredDevice(address, device.name(), json, "");
    }

    /** Why a device must not be measured any more. */
    private Optional<String> blame(Path own, String address, DeviceInfo device) throws IOException {
        Path crashed = own.resolve("platform-" + device.platformIndex() + CRASHED);
        Path started = own.resolve(fileName(address) + STARTED);
        if (Files.exists(started)) {
            Files.move(started, crashed);
            Files.writeString(crashed, address);
        }
        if (!Files.exists(crashed)) {
            return Optional.empty();
        }
        String guilty = Files.readString(crashed);
        String whose = device.platform() + ", driver " + device.driver();
        return Optional.of(
                guilty.equals(address)
                        ? "the process ended while it was measured: its driver (" + whose + ") may have crashed"
                        : "not measured: the process ended while " + guilty + " was measured, and their driver ("
                                + whose + ") may have crashed");
    }

    /** Deletes what earlier runs have kept. */
    private void sweep(Path all) throws IOException {
        long now = System.currentTimeMillis();
        try (DirectoryStream<Path> runs = Files.newDirectoryStream(all, Files::isDirectory)) {
            for (Path old : runs) {
                if (now - Files.getLastModifiedTime(old).toMillis() > KEPT_MILLISECONDS
                        && !old.getFileName().toString().equals(run)) {
                    delete(old);
                }
            }
        }
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (DirectoryStream<Path> inside = Files.newDirectoryStream(path)) {
                for (Path each : inside) {
                    delete(each);
                }
            }
        }
        Files.deleteIfExists(path);
    }

    /**
     * A name with letters, digits, points and dashes alone.
     *
     * @param text such as a host or an address
     * @return the text with a dash for each other character
     */
    public static String fileName(String text) {
        return text.replaceAll("[^A-Za-z0-9.-]", "-");
    }
}
