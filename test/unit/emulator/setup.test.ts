import { startEmulator } from "../../../emulator";
import { call } from "../../contract/support/http";
import { openApi, refusal } from "./support/api";

const wanted = { username: "admin", password: "long enough", org: "acme", bucket: "metrics" };

describe("a fresh emulator", () => {
  const start = async () => {
    const emulator = await startEmulator();
    return {
      emulator,
      setup: (body: unknown) => call(emulator.url, { method: "POST", path: "/api/v2/setup", body }),
      state: () => call(emulator.url, { method: "GET", path: "/api/v2/setup" }),
    };
  };

  it("may be set up, once", async () => {
    const { emulator, setup, state } = await start();
    expect((await state()).body).toEqual({ allowed: true });
    expect((await setup(wanted)).status).toBe(201);
    expect((await state()).body).toEqual({ allowed: false });
    expect(await setup(wanted)).toMatchObject({
      status: 422,
      headers: { "x-platform-error-code": "conflict" },
      body: { code: "conflict", message: "onboarding has already been completed" },
    });
    await emulator.close();
  });

  it("answers with the user, the bucket, the organization and the operator token that it was given", async () => {
    const { emulator, setup } = await start();
    const { body } = await setup({ ...wanted, token: "my-token", retentionPeriodSeconds: 172_800 });
    expect(body).toMatchObject({
      user: { name: "admin", status: "active" },
      org: { name: "acme", description: "" },
      bucket: {
        name: "metrics",
        type: "user",
        retentionRules: [{ type: "expire", everySeconds: 172_800, shardGroupDurationSeconds: 86_400 }],
      },
      auth: { token: "my-token", description: "admin's Token", status: "active" },
    });
    const { permissions } = (body as { auth: { permissions: { resource: object }[] } }).auth;
    expect(permissions).toHaveLength(44);
    expect(permissions).not.toContainEqual({ action: "read", resource: { type: "instance" } });
    const me = await call(emulator.url, { method: "GET", path: "/api/v2/me", token: "my-token" });
    expect(me.body).toMatchObject({ name: "admin" });
    await emulator.close();
  });

  it("makes a random operator token where none is given, and keeps data for ever", async () => {
    const { emulator, setup } = await start();
    const { body } = await setup({ ...wanted, retentionPeriodSeconds: -1 });
    expect(body).toMatchObject({
      auth: { token: expect.stringMatching(/^[\w-]{86}==$/) as string },
      bucket: { retentionRules: [{ everySeconds: 0 }] },
    });
    expect(emulator.onboarded).toBeUndefined();
    await emulator.close();
  });

  it.each([
    [{ ...wanted, username: "" }, "username is empty"],
    [{ ...wanted, org: undefined }, "org name is empty"],
    [{ ...wanted, bucket: undefined }, "bucket name is empty"],
    [{ ...wanted, password: "short" }, "passwords must be between 8 and 72 characters long"],
    [{ ...wanted, password: "x".repeat(73) }, "passwords must be between 8 and 72 characters long"],
  ])("refuses to be set up with %j", async (body, message) => {
    const { emulator, setup, state } = await start();
    expect(refusal(await setup(body))).toEqual([400, message]);
    expect((await state()).body).toEqual({ allowed: true });
    await emulator.close();
  });

  it("answers a malformed body as the server does when its decoder fails", async () => {
    const { emulator, setup } = await start();
    expect(refusal(await setup([]))).toEqual([500, "json: cannot unmarshal array into body of type object"]);
    await emulator.close();
  });
});

it("is onboarded from the start where options say so", async () => {
  const { emulator, token, orgId, bucketId, userId, ask } = await openApi();
  expect((await ask("GET /api/v2/me")).body).toMatchObject({ id: userId });
  expect((await ask(`GET /api/v2/buckets/${bucketId}`)).body).toMatchObject({
    orgID: orgId,
    name: "metrics",
  });
  expect(emulator.authorizations()).toMatchObject([{ token, orgID: orgId, userID: userId }]);
  await emulator.close();
});
