package io.github.clnorm.device;

import io.github.clnorm.internal.driver.DriverText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The addresses by which a cluster manager assigns the devices of a machine. Several forms are read:
 *
 * <ul>
 *   <li>{@code 0000:41:00.0}, {@code 41:00.0}, {@code 00000000:41:00.0}, in lower-case or capital letters: the card at
 *       this address on the PCI bus
 *   <li>{@code 0}, {@code 1}, …: the index among the cards in the order of their PCI addresses. Drivers may list them in
 *       another order.
 *   <li>{@code GPU-} and a UUID, as {@code nvidia-smi -L} prints it, if the driver reports UUIDs
 *   <li>{@code PLATFORM:DEVICE}: the indices of {@link DeviceInfo#selector()}
 * </ul>
 *
 * <p>A card that several platforms list is one card. Its device is the one that a {@link DeviceSelector} takes: that with
 * the largest compute units × clock, then that of the first platform. Several devices of one platform with one PCI address
 * are parts of a card, or their driver does not report their domain: their addresses are {@code PLATFORM:DEVICE}.
 *
 * <p>Immutable and thread-safe.
 */
public final class DeviceAddresses {

    private static final Pattern INDEX = Pattern.compile("\\d{1,9}");
    private static final Pattern SELECTOR = Pattern.compile("\\d+:\\d+");
    private static final Pattern UUID =
            Pattern.compile("(?:(?:gpu|mig)-)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");

    private static final Comparator<DeviceInfo> BY_SELECTOR =
            Comparator.comparingInt(DeviceInfo::platformIndex).thenComparingInt(DeviceInfo::deviceIndex);

    private final List<DeviceInfo> devices;
    // In the order of their indices.
    private final List<Card> cards;

    /** A device with an address. The PCI address is null if it has none of its own. */
    private record Card(PciAddress pci, DeviceInfo device) {
        String address() {
            return pci == null ? device.selector() : pci.toString();
        }
    }

    private DeviceAddresses(List<DeviceInfo> devices) {
        this.devices = devices;
        this.cards = cards(devices);
    }

    /**
     * Gives addresses to devices.
     *
     * @param devices all that may be assigned
     * @return their addresses
     */
    public static DeviceAddresses of(List<DeviceInfo> devices) {
        return new DeviceAddresses(List.copyOf(devices));
    }

    /**
     * Gives addresses to the devices of a machine that a cluster manager may assign: those that match a selector, and of
     * these only the GPUs if there are any.
     *
     * @param selector as for {@link DeviceSelector#parse}; null or blank means {@code $CLNORM_DEVICE}, or {@code gpu} if
     *     that is not set
     * @param platforms as {@link Devices#platforms()} returns them
     * @return their addresses, at least one
     * @throws NoDeviceException if no device matches; the message lists the devices, or the problems and their remedies
     */
    public static DeviceAddresses assignable(String selector, List<PlatformInfo> platforms) {
        DeviceSelector parsed = DeviceSelector.parse(selector, DeviceType.GPU.word());
        List<DeviceInfo> matching = parsed.matching(Devices.of(platforms));
        if (matching.isEmpty()) {
            // Throws, with the reason.
            return of(List.of(parsed.select(platforms)));
        }
        List<DeviceInfo> gpus = matching.stream()
                .filter(device -> device.type() == DeviceType.GPU)
                .toList();
        return of(gpus.isEmpty() ? matching : gpus);
    }

    private static List<Card> cards(List<DeviceInfo> devices) {
        Map<PciAddress, List<DeviceInfo>> places = new TreeMap<>();
        List<DeviceInfo> others = new ArrayList<>();
        for (DeviceInfo device : devices) {
            PciAddress.parse(device.pciAddress())
                    .ifPresentOrElse(
                            pci -> places.computeIfAbsent(pci, unused -> new ArrayList<>())
                                    .add(device),
                            () -> others.add(device));
        }
        List<Card> cards = new ArrayList<>();
        places.forEach((pci, same) -> {
            if (isOneCard(same)) {
                cards.add(
                        new Card(pci, DeviceSelector.parse("any").matching(same).get(0)));
            } else {
                others.addAll(same);
            }
        });
        others.stream().sorted(BY_SELECTOR).forEach(device -> cards.add(new Card(null, device)));
        return List.copyOf(cards);
    }

    private static boolean isOneCard(List<DeviceInfo> devices) {
        return devices.stream().map(DeviceInfo::platformIndex).distinct().count() == devices.size();
    }

    /**
     * The address of each card.
     *
     * @return PCI addresses in ascending order, then {@code PLATFORM:DEVICE} of devices without one
     */
    public List<String> all() {
        return cards.stream().map(Card::address).toList();
    }

    /**
     * The devices by their addresses.
     *
     * @return a device for each card, in the order of {@link #all()}
     */
    public Map<String, DeviceInfo> devices() {
        Map<String, DeviceInfo> devices = new LinkedHashMap<>();
        cards.forEach(card -> devices.put(card.address(), card.device));
        return devices;
    }

    /**
     * Says whether an address may mean another device to the cluster manager.
     *
     * @param address that {@link #device} accepts
     * @return a sentence if it is an index among several devices without PCI addresses; empty otherwise
     */
    public Optional<String> guess(String address) {
        return INDEX.matcher(address.strip()).matches()
                        && cards.size() > 1
                        && cards.stream().allMatch(card -> card.pci == null)
                ? Optional.of(
                        "no driver reports the PCI address of its devices: indices are in the order of platforms and"
                                + " their devices, which may not be the cluster manager's. There is: " + listed())
                : Optional.empty();
    }

    /**
     * Finds a device.
     *
     * @param address in one of the forms above
     * @return the device
     * @throws NoDeviceException if there is no such device, or more than one; the message lists the devices
     * @throws IllegalArgumentException if the address has none of these forms
     */
    public DeviceInfo device(String address) {
        String plain = address.strip().toLowerCase(Locale.ROOT);
        if (INDEX.matcher(plain).matches()) {
            return byIndex(plain, Integer.parseInt(plain));
        }
        if (SELECTOR.matcher(plain).matches()) {
            return devices.stream()
                    .filter(device -> device.selector().equals(plain))
                    .findFirst()
                    .orElseThrow(() -> refused("no device has the indices " + plain));
        }
        Matcher uuid = UUID.matcher(plain);
        if (uuid.matches()) {
            return byUuid(address.strip(), uuid.group(1));
        }
        return byPci(PciAddress.parse(plain).orElseThrow(() -> malformed(address)), plain);
    }

    private static IllegalArgumentException malformed(String address) {
        return new IllegalArgumentException("'" + DriverText.printable(address)
                + "' is no address of a device: expected an index such as 0, a PCI address such as 0000:41:00.0, a UUID such"
                + " as GPU-01234567-89ab-cdef-0123-456789abcdef, or PLATFORM:DEVICE such as 0:1");
    }

    private DeviceInfo byIndex(String text, int index) {
        if (index >= cards.size()) {
            throw refused("no device has the index " + text);
        }
        long placed = cards.stream().filter(card -> card.pci != null).count();
        if (placed > 0 && placed < cards.size()) {
            throw refused("the index " + text + " is ambiguous: not all devices have a PCI address of their own."
                    + " Assign the addresses listed here instead of indices, or select some of the devices");
        }
        return cards.get(index).device;
    }

    private DeviceInfo byUuid(String text, String uuid) {
        List<DeviceInfo> same =
                devices.stream().filter(device -> device.uuid().equals(uuid)).toList();
        if (same.isEmpty()) {
            throw refused("no device has the UUID " + text
                    + (devices.stream().allMatch(device -> device.uuid().isEmpty())
                            ? ": no driver here reports UUIDs (cl_khr_device_uuid). Assign PCI addresses"
                            : ""));
        }
        if (!isOneCard(same)) {
            throw refused("the UUID " + text + " is ambiguous: " + selectors(same) + " have it. Assign one of these");
        }
        return DeviceSelector.parse("any").matching(same).get(0);
    }

    private DeviceInfo byPci(PciAddress pci, String text) {
        List<Card> there = cards.stream()
                .filter(card -> card.pci != null && card.pci.fits(pci))
                .toList();
        if (there.size() == 1) {
            return there.get(0).device;
        }
        if (there.size() > 1) {
            throw refused("the address " + text + " is ambiguous: write its domain, which is one of "
                    + there.stream().map(Card::address).collect(Collectors.joining(", ")));
        }
        List<DeviceInfo> parts = devices.stream()
                .filter(device ->
                        PciAddress.parse(device.pciAddress()).filter(pci::fits).isPresent())
                .toList();
        throw refused(
                parts.isEmpty()
                        ? "no device has the address " + text
                        : "the address " + text + " is ambiguous: " + selectors(parts)
                                + " have it. Assign one of these");
    }

    private static String selectors(List<DeviceInfo> devices) {
        return devices.stream().sorted(BY_SELECTOR).map(DeviceInfo::selector).collect(Collectors.joining(", "));
    }

    private NoDeviceException refused(String sentence) {
        return NoDeviceException.amongOthers(sentence + ". There is: " + listed());
    }

    private String listed() {
        return cards.stream()
                .map(card -> (card.pci == null ? "" : card.address() + " ") + card.device.selector() + " "
                        + card.device.type().word() + " " + card.device.name())
                .collect(Collectors.joining("; "));
    }
}
