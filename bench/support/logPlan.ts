/** The logger with which the others are compared. Its lines are dropped once they are made. */
export const reference = "Effect's jsonLogger, lines dropped"
