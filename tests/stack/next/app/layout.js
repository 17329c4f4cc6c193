export const metadata = { title: 'Shop: lamps and tables', metadataBase: new URL('https://app.example.com') }

export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>
}
