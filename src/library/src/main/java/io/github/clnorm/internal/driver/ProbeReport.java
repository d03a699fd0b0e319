package io.github.clnorm.internal.driver;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceType;
import io.github.clnorm.device.LocalMemoryType;
import io.github.clnorm.device.PlatformInfo;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A child's report about drivers: a file of records, each written in one call, so that the report is complete up to the
 * moment when a driver ends the child.
 *
 * @param step the last step, for example {@code while it was loaded}; empty if no driver was called
 * @param platforms the platforms without handles; null if the child did not get that far
 * @param linkError the dynamic linker's reason for not loading the only driver, or null
 * @param failure why the child could not query any driver, which is no driver's fault; null if it could
 */
record ProbeReport(String step, List<PlatformInfo> platforms, String linkError, String failure) {

    private static final byte STEP = 1;
    private static final byte PLATFORMS = 2;
    private static final byte LINK_ERROR = 3;
    private static final byte FAILURE = 4;

    /** Longer texts are cut. Modified UTF-8 takes at most 3 bytes per character, and a text at most 65535 bytes. */
    private static final int MAX_CHARACTERS = 20_000;

    /** Reads a report, without an incomplete last record. */
    static ProbeReport read(Path file) throws IOException {
        String step = "";
        List<PlatformInfo> platforms = null;
        String linkError = null;
        String failure = null;
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(file));
                DataInputStream in = new DataInputStream(stream)) {
            for (int kind = in.read(); kind >= 0; kind = in.read()) {
                switch (kind) {
                    case STEP -> step = in.readUTF();
                    case PLATFORMS -> platforms = readPlatforms(in);
                    case LINK_ERROR -> linkError = in.readUTF();
                    case FAILURE -> failure = in.readUTF();
                    default -> throw new IOException("unknown record " + kind);
                }
            }
        } catch (EOFException e) {
            return new ProbeReport(step, platforms, linkError, failure);
        }
        return new ProbeReport(step, platforms, linkError, failure);
    }

    /** Writes records. */
    static final class Writer implements AutoCloseable {
        private final OutputStream out;

        Writer(Path file) throws IOException {
            out = Files.newOutputStream(file);
        }

        void step(String step) throws IOException {
            text(STEP, step);
        }

        void linkError(String reason) throws IOException {
            text(LINK_ERROR, reason);
        }

        void failure(String reason) throws IOException {
            text(FAILURE, reason);
        }

        void platforms(List<PlatformInfo> platforms) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(bytes);
            data.writeByte(PLATFORMS);
            data.writeInt(platforms.size());
            for (PlatformInfo platform : platforms) {
                data.writeInt(platform.index());
                data.writeUTF(cut(platform.name()));
                data.writeUTF(cut(platform.vendor()));
                data.writeUTF(cut(platform.version()));
                data.writeUTF(cut(platform.problem() == null ? "" : platform.problem()));
                data.writeInt(platform.devices().size());
                for (DeviceInfo device : platform.devices()) {
                    write(data, device);
                }
            }
            out.write(bytes.toByteArray());
        }

        private void text(byte kind, String text) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(bytes);
            data.writeByte(kind);
            data.writeUTF(cut(text));
            out.write(bytes.toByteArray());
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    private static String cut(String text) {
        return text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS);
    }

    private static List<PlatformInfo> readPlatforms(DataInputStream in) throws IOException {
        List<PlatformInfo> platforms = new ArrayList<>();
        int count = in.readInt();
        for (int p = 0; p < count; p++) {
            int index = in.readInt();
            String name = in.readUTF();
            String vendor = in.readUTF();
            String version = in.readUTF();
            String problem = in.readUTF();
            List<DeviceInfo> devices = new ArrayList<>();
            int deviceCount = in.readInt();
            for (int d = 0; d < deviceCount; d++) {
                devices.add(readDevice(in));
            }
            platforms.add(new PlatformInfo(
                    index, name, vendor, version, List.copyOf(devices), problem.isEmpty() ? null : problem));
        }
        return List.copyOf(platforms);
    }

    private static void write(DataOutputStream data, DeviceInfo device) throws IOException {
        data.writeInt(device.platformIndex());
        data.writeInt(device.deviceIndex());
        data.writeUTF(cut(device.platform()));
        data.writeUTF(cut(device.vendor()));
        data.writeUTF(cut(device.name()));
        data.writeUTF(device.type().name());
        data.writeUTF(cut(device.driver()));
        data.writeUTF(cut(device.version()));
        data.writeInt(device.computeUnits());
        data.writeInt(device.clockMHz());
        data.writeLong(device.globalMemory());
        data.writeLong(device.globalCache());
        data.writeLong(device.maxBuffer());
        data.writeInt(device.maxWorkGroupSize());
        data.writeLong(device.localMemory());
        data.writeBoolean(device.fp16());
        data.writeBoolean(device.fp64());
        data.writeBoolean(device.fusedMultiplyAdd());
        data.writeBoolean(device.correctlyRounded());
        write(data, device.hardware());
    }

    private static DeviceInfo readDevice(DataInputStream in) throws IOException {
        return new DeviceInfo(
                new DeviceInfo.Identity(
                        in.readInt(),
                        in.readInt(),
                        in.readUTF(),
                        in.readUTF(),
                        in.readUTF(),
                        DeviceType.valueOf(in.readUTF()),
                        in.readUTF(),
                        in.readUTF()),
                new DeviceInfo.Processor(in.readInt(), in.readInt()),
                new DeviceInfo.Memory(in.readLong(), in.readLong(), in.readLong()),
                new DeviceInfo.WorkGroup(in.readInt(), in.readLong()),
                new DeviceInfo.Arithmetic(in.readBoolean(), in.readBoolean(), in.readBoolean(), in.readBoolean()),
                readHardware(in),
                null);
    }

    private static void write(DataOutputStream data, DeviceInfo.Hardware hardware) throws IOException {
        data.writeUTF(hardware.localMemoryType().name());
        data.writeBoolean(hardware.unifiedMemory());
        data.writeInt(hardware.subGroupSizes().size());
        for (int size : hardware.subGroupSizes()) {
            data.writeInt(size);
        }
        data.writeUTF(cut(hardware.pciAddress()));
        data.writeUTF(cut(hardware.architecture()));
        DeviceInfo.Parts parts = hardware.parts();
        data.writeInt(parts.subSlices());
        data.writeInt(parts.executionUnits());
        data.writeInt(parts.threads());
        data.writeInt(parts.simdUnits());
        data.writeInt(parts.simdLanes());
        data.writeInt(parts.registers());
        data.writeUTF(cut(hardware.uuid()));
    }

    private static DeviceInfo.Hardware readHardware(DataInputStream in) throws IOException {
        LocalMemoryType localMemoryType = LocalMemoryType.valueOf(in.readUTF());
        boolean unifiedMemory = in.readBoolean();
        List<Integer> subGroupSizes = new ArrayList<>();
        int sizes = in.readInt();
        for (int s = 0; s < sizes; s++) {
            subGroupSizes.add(in.readInt());
        }
        return new DeviceInfo.Hardware(
                localMemoryType,
                unifiedMemory,
                subGroupSizes,
                in.readUTF(),
                in.readUTF(),
                new DeviceInfo.Parts(
                        in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readInt()),
                in.readUTF());
    }
}
