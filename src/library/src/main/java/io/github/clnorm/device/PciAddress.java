package io.github.clnorm.device;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address on the PCI bus. Immutable and thread-safe.
 *
 * @param domain the domain; {@link #ANY_DOMAIN} if it was not written
 * @param bus the bus
 * @param device the device on the bus
 * @param function the function of the device
 */
record PciAddress(long domain, int bus, int device, int function) implements Comparable<PciAddress> {

    static final long ANY_DOMAIN = -1;

    // lspci writes 4 digits of the domain or none, nvidia-smi 8.
    private static final Pattern FORM =
            Pattern.compile("(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\\.([0-7])");
    private static final int HEXADECIMAL = 16;

    private static final Comparator<PciAddress> ORDER = Comparator.comparingLong(
                    (PciAddress address) -> Math.max(0, address.domain))
            .thenComparingInt(PciAddress::bus)
            .thenComparingInt(PciAddress::device)
            .thenComparingInt(PciAddress::function);

    /**
     * Parses an address, with or without its domain, in lower-case or capital letters.
     *
     * @return the address; empty for any other text
     */
    static Optional<PciAddress> parse(String text) {
        Matcher matcher = FORM.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long domain = matcher.group(1) == null ? ANY_DOMAIN : Long.parseLong(matcher.group(1), HEXADECIMAL);
        return Optional.of(new PciAddress(
                domain,
                Integer.parseInt(matcher.group(2), HEXADECIMAL),
                Integer.parseInt(matcher.group(3), HEXADECIMAL),
                Integer.parseInt(matcher.group(4))));
    }

    /** Whether both can be the same place: an address without a domain fits every domain. */
    boolean fits(PciAddress other) {
        return (domain == other.domain || domain == ANY_DOMAIN || other.domain == ANY_DOMAIN)
                && bus == other.bus
                && device == other.device
                && function == other.function;
    }

    @Override
    public int compareTo(PciAddress other) {
        return ORDER.compare(this, other);
    }

    /** As {@code lspci} prints it. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%04x:%02x:%02x.%x", Math.max(0, domain), bus, device, function);
    }
}
