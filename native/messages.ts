/** As Pulumi's own clients and servers: a stack's state can be long. */
export const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;
