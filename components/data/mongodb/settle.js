// Lets the services in, with a user of their own, and remembers what was ordered. mongosh runs it; its environment:
// HOST, ADMIN_PASSWORD, SERVICES_PASSWORD, ORDER.
const { HOST, ADMIN_PASSWORD, SERVICES_PASSWORD, ORDER = "" } = process.env;
const connection = connect(`mongodb://admin:${encodeURIComponent(ADMIN_PASSWORD)}@${HOST}:27017/admin`);
const user = { pwd: SERVICES_PASSWORD, roles: [{ role: "readWriteAnyDatabase", db: "admin" }] };
if (connection.getUser("services") === null) connection.createUser({ user: "services", ...user });
else connection.updateUser("services", user);
const lab = connection.getSiblingDB("lab");
if (ORDER !== "") lab.orders.updateOne({ _id: ORDER }, { $set: { at: new Date() } }, { upsert: true });
// Last of all: until then the same dump comes back once more.
lab.restores.deleteOne({ _id: "unfinished" });
