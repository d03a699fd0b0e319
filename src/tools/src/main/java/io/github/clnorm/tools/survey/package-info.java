/** The command survey: checks, tunes and measures a device within a time limit, and writes one file to send. */
package io.github.clnorm.tools.survey;
