export default function Page() {
  return <form method="post"><input name="email" /><input name="password" type="password" /><button>Sign in</button></form>
}
