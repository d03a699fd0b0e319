package io.github.clnorm.spark;

import java.io.Serializable;

/** Names the machine of an executor. Sent to the executors, so that they and the driver use one name. */
@FunctionalInterface
interface MachineNames extends Serializable {

    /**
     * The machine's name.
     *
     * @param host as Spark names it: a host name or an IP address
     * @param port of the executor's block manager
     * @return the name; executors of one machine have the same
     */
    String of(String host, int port);
}
