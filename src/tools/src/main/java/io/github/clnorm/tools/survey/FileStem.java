package io.github.clnorm.tools.survey;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The name of a survey's file, without its end. */
final class FileStem {

    private static final int LONGEST_NAME = 40;

    private FileStem() {}

    /** Such as {@code clnorm-survey-nvidia-h200-20261130}. */
    static String of(String device, Instant date) {
        String words =
                device.toLowerCase(Locale.ROOT).replaceAll("\\((r|tm|c)\\)", "").replaceAll("[^a-z0-9]+", "-");
        String cut = words.length() > LONGEST_NAME ? words.substring(0, LONGEST_NAME) : words;
        return "clnorm-survey-" + cut.replaceAll("^-+|-+$", "") + "-"
                + DateTimeFormatter.BASIC_ISO_DATE.format(
                        date.atZone(ZoneOffset.UTC).toLocalDate());
    }
}
