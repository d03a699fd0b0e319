package io.github.clnorm.spark;

import io.github.clnorm.ChannelGradients;
import io.github.clnorm.ChannelMoments;
import java.util.Base64;
import org.apache.spark.SparkConf;

/**
 * What a participant gives in a round, as the text that Spark carries: a letter for its kind, and the bytes of exact
 * sums in base64, or a sentence. Immutable and thread-safe.
 */
final class ExchangeMessage {

    private static final char MOMENTS = 'm';
    private static final char GRADIENTS = 'g';
    private static final char FAILURE = 'f';

    // A sentence is not cut before: it has the message of what a task threw.
    private static final int LONGEST_SENTENCE = 2000;

    private final char kind;
    private final String content;

    private ExchangeMessage(char kind, String content) {
        this.kind = kind;
        this.content = content;
    }

    static ExchangeMessage of(ChannelMoments moments) {
        return new ExchangeMessage(MOMENTS, Base64.getEncoder().encodeToString(moments.toBytes()));
    }

    static ExchangeMessage of(ChannelGradients gradients) {
        return new ExchangeMessage(GRADIENTS, Base64.getEncoder().encodeToString(gradients.toBytes()));
    }

    /** Why the sender, or one that it heard of, has failed. */
    static ExchangeMessage failure(String sentence) {
        return new ExchangeMessage(
                FAILURE,
                sentence.length() <= LONGEST_SENTENCE ? sentence : sentence.substring(0, LONGEST_SENTENCE) + "…");
    }

    /** A message from its text. */
    static ExchangeMessage parse(String text) {
        return new ExchangeMessage(text.charAt(0), text.substring(1));
    }

    String text() {
        return kind + content;
    }

    boolean isFailure() {
        return kind == FAILURE;
    }

    boolean isLike(ExchangeMessage other) {
        return kind == other.kind;
    }

    /** The sentence of a failure. */
    String sentence() {
        return content;
    }

    ChannelMoments moments() {
        return ChannelMoments.fromBytes(Base64.getDecoder().decode(content));
    }

    ChannelGradients gradients() {
        return ChannelGradients.fromBytes(Base64.getDecoder().decode(content));
    }

    /** What the message has. */
    String contentName() {
        return kind == MOMENTS ? "moments" : "gradients";
    }

    /**
     * Rejects a message that is too large for Spark. The driver sends the messages of all participants to each of them.
     */
    void requireFits(int participants, SparkConf settings) {
        long limit = settings.getSizeAsMb("spark.rpc.message.maxSize", "128") << 20;
        long answer = (long) participants * text().length();
        if (answer > limit) {
            throw new IllegalArgumentException("the " + contentName() + " have " + text().length()
                    + " bytes as text, so the driver would send " + answer + " bytes to each of " + participants
                    + " participants, and spark.rpc.message.maxSize allows " + limit
                    + ": set it to a larger number of MiB, or use fewer participants");
        }
    }
}
